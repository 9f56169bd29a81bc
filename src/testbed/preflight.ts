import { existsSync } from "node:fs";
import { finish, start } from "./child.ts";

/** `root` makes namespaces by right; `user` inside a user namespace of its own. */
export type Privilege = "root" | "user";

/** Whether namespaces can be made here, and if not, what is missing and what to do about it: one plain line each. */
export type Preflight =
  | { readonly ok: true; readonly privilege: Privilege; readonly ipv6: boolean }
  | { readonly ok: false; readonly missing: readonly string[] };

const TOOLS = [
  { tool: "ip", from: "iproute2" },
  { tool: "nft", from: "nftables" },
  { tool: "unshare", from: "util-linux" },
  { tool: "nsenter", from: "util-linux" },
  { tool: "setpriv", from: "util-linux" },
  { tool: "mount", from: "mount" },
];

/** The flags of `unshare` and `nsenter` that the two privileges differ in. */
export const NEW_USER: Readonly<Record<Privilege, readonly string[]>> = {
  root: [],
  user: ["--user", "--map-root-user"],
};

// What the testbed needs of a namespace. The workload's identity without root is one more user namespace in it.
const TRIAL = [
  "ip link add dev veth-a type veth peer name veth-b",
  "printf 'table inet t {\\n chain c {\\n type nat hook output priority -100;\\n }\\n}\\n' | nft -f -",
].join(" && ");

/** Looks for the tools, then tries: what a kernel or a container forbids is only known by trying. */
export async function preflight(): Promise<Preflight> {
  if (process.platform !== "linux")
    return { ok: false, missing: [`network namespaces need Linux, this is ${process.platform}`] };
  const found = await Promise.all(TOOLS.map(async ({ tool, from }) => ({ tool, from, there: await has(tool) })));
  const missing = found
    .filter(({ there }) => !there)
    .map(({ tool, from }) => `\`${tool}\` is not installed: \`apt-get install ${from}\` (or your system's package)`);
  if (missing.length > 0) return { ok: false, missing };
  const ipv6 = existsSync("/proc/sys/net/ipv6");
  const failures: string[] = [];
  for (const privilege of process.getuid?.() === 0 ? (["root", "user"] as const) : (["user"] as const)) {
    const failure = await attempt(privilege);
    if (failure === undefined) return { ok: true, privilege, ipv6 };
    failures.push(failure);
  }
  return { ok: false, missing: failures };
}

async function has(tool: string): Promise<boolean> {
  return (await finish(start(["sh", "-c", 'command -v "$0"', tool]))).code === 0;
}

async function attempt(privilege: Privilege): Promise<string | undefined> {
  const nested = privilege === "user" ? " && unshare --user --map-user=1 --map-group=1 true" : "";
  const flags = [...NEW_USER[privilege], "--net", "--pid", "--mount", "--fork", "--kill-child"];
  const made = await finish(start(["unshare", ...flags, "--", "true"]));
  if (made.code !== 0) return cannotMake(privilege, made.stderr.trim());
  const tried = await finish(start(["unshare", ...flags, "--", "sh", "-c", TRIAL + nested]));
  if (tried.code === 0) return undefined;
  return `the kernel refuses what the namespaces need (veth, nftables nat): ${tried.stderr.trim()}`;
}

function cannotMake(privilege: Privilege, said: string): string {
  if (privilege === "root")
    return `root may not make namespaces here (${said}): a container needs \`--cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined\``;
  return `user namespaces are not allowed (${said}): run as root, or allow them with ${howToAllow()}`;
}

function howToAllow(): string {
  if (existsSync("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"))
    return "`sysctl kernel.apparmor_restrict_unprivileged_userns=0`";
  if (existsSync("/proc/sys/kernel/unprivileged_userns_clone")) return "`sysctl kernel.unprivileged_userns_clone=1`";
  return "`sysctl user.max_user_namespaces=15000` (in a container also a seccomp profile that permits unshare)";
}
