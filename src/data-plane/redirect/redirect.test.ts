import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { printRedirect, verifyRedirect } from "./redirect.ts";

const PROGRAM = fileURLToPath(new URL("verify-in-namespace.testprogram.ts", import.meta.url));
const isRoot = process.getuid?.() === 0;
const NOBODY = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
const WHO: Readonly<Record<string, readonly string[]>> = {
  ...(isRoot && { root: ["unshare", "--net"] }),
  "an ordinary user": [...NOBODY, "unshare", "--user", "--map-root-user", "--net"],
};

/** One cable to nowhere: a route that a connection to the outside could take. */
const NETWORK = [
  "ip link set lo up",
  "ip link add v0 type veth peer name v1",
  "ip link set v0 up",
  "ip link set v1 up",
  "ip addr add 10.9.9.9/24 dev v0",
  "ip route add default via 10.9.9.1",
].join(" && ");

describe.each(Object.entries(WHO))("as %s", (_, entry) => {
  test("the redirection tells whether it is in force, and is the one that is wanted", { timeout: 30_000 }, () => {
    const [program = "", ...args] = [...entry, "sh", "-c", `${NETWORK} && exec "$0" "$@"`, process.execPath, PROGRAM];
    const { stdout, stderr, status } = spawnSync(program, args, { encoding: "utf8" });
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      before: ["absent", "not redirected"],
      installed: ["in force", "redirected"],
      twice: "in force",
      otherSettings: "different",
      added: ["in force", true],
      removed: ["in force", false, true],
      changedMode: ["different", "in force"],
      changed: ["different", "different"],
      astray: ["in force", "not redirected"],
      ended: [{ wasInForce: true }, { wasInForce: false }, "absent", "not redirected"],
    });
  });
});

test("without privilege, the error says what is missing", { timeout: 10_000 }, () => {
  const script = `import(${JSON.stringify(new URL("redirect.ts", import.meta.url).href)}).then((m) => m.verifyRedirect()).catch((e) => console.log(e.message))`;
  const [program = "", ...args] = [...NOBODY, process.execPath, "-e", script];
  expect(spawnSync(program, args, { encoding: "utf8" }).stdout).toMatch(/needs CAP_NET_ADMIN/);
  expect(verifyRedirect).toBeTypeOf("function");
});

test("what is printed is what is installed", () => {
  const text = printRedirect({
    outboundPort: 15_001,
    rawPort: 15_003,
    identity: { mark: 7 },
    resolvers: [],
    mode: "Matched",
    ipv6: "redirect",
  });
  expect(text).toContain("redirect to :15001");
  expect(text).toContain("meta mark 7 return");
});
