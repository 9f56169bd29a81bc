import { readFileSync, readlinkSync } from "node:fs";
import { createInterface } from "node:readline";
import { childrenOf, type Finished, finish, type Running, type SpawnOptions, start } from "./child.ts";
import { NEW_USER, type Preflight, type Privilege, preflight } from "./preflight.ts";

/**
 * Who a command in a namespace is. `admin` may do everything to the namespace's network: the sidecar. `workload` may
 * do nothing to it: another uid without capabilities, or, where there is no other uid, a user namespace below.
 */
export type Identity = "admin" | "workload";

export interface CommandOptions extends SpawnOptions {
  /** Default `admin`. */
  readonly as?: Identity;
}

/** One network namespace. */
export interface Namespace {
  /** The addresses of its end of the cable. */
  readonly ipv4: string;
  readonly ipv6: string;
  /** The arguments that run a command in here, for callers that must start it themselves. */
  enter(argv: readonly string[], options?: Pick<CommandOptions, "as" | "cwd">): string[];
  spawn(argv: readonly string[], options?: CommandOptions): Running;
  /** Runs a command to its end. Whatever its exit code, it is returned. */
  run(argv: readonly string[], options?: CommandOptions & { readonly input?: string }): Promise<Finished>;
}

/** Two network namespaces joined by one cable. `workload` reaches everything through `world`, which owns every address. */
export interface Namespaces {
  readonly privilege: Privilege;
  readonly ipv6: boolean;
  /** uid and gid of the identity `workload`. */
  readonly workloadUid: number;
  readonly workload: Namespace;
  readonly world: Namespace;
  /** Ends every process in there and waits until nothing is left. */
  close(): Promise<void>;
}

export interface NamespaceSettings {
  /** Addresses that `world` owns. Default: every one that is not the workload's own. */
  readonly addresses?: readonly string[];
  /** Names for /etc/hosts as both namespaces see it; the machine's own file is left alone. */
  readonly hosts?: readonly { readonly address: string; readonly names: readonly string[] }[];
  /** uid of the workload where root may choose it. Default 10001. */
  readonly workloadUid?: number;
}

interface CableEnd {
  readonly ipv4: string;
  readonly ipv6: string;
  readonly mac: string;
}

const WORKLOAD: CableEnd = { ipv4: "100.64.78.2", ipv6: "fd5a:78::2", mac: "02:00:00:00:78:02" };
const WORLD: CableEnd = { ipv4: "100.64.78.1", ipv6: "fd5a:78::1", mac: "02:00:00:00:78:01" };

// Process 1 of a PID namespace: when it ends, the kernel kills all others in there. It ends with its standard input,
// a pipe whose other end only we hold, so our own death by SIGKILL is enough. `wait` also reaps orphans.
const HOLDER = `
mount -t proc proc /proc 2>/dev/null
if [ -n "$SALLYPORT_HOSTS" ]; then
  mount -t tmpfs tmpfs /mnt && printf '%s' "$SALLYPORT_HOSTS" >/mnt/hosts && mount --bind /mnt/hosts /etc/hosts && umount -l /mnt || exit 1
fi
exec 3<&0
unshare --net -- sh -c 'echo ready; exec sleep infinity' 3<&- &
cat <&3 >/dev/null &
wait $!
`;

/**
 * Makes the two namespaces. Nothing is named or written outside of them, so two runs cannot meet, and nothing is
 * left whatever ends this process. Rejects with what is missing where namespaces cannot be made.
 */
export async function createNamespaces(settings: NamespaceSettings = {}, able?: Preflight): Promise<Namespaces> {
  const can = able ?? (await preflight());
  if (!can.ok) throw new Error(`cannot make network namespaces: ${can.missing.join("; ")}`);
  const { privilege } = can;
  const flags = [...NEW_USER[privilege], "--net", "--pid", "--mount", "--fork", "--kill-child"];
  const env = { SALLYPORT_HOSTS: hostsFile(settings.hosts ?? []) };
  const holder = start(
    ["unshare", ...flags, "--", "sh", "-c", HOLDER],
    { env, stdio: ["pipe", "pipe", "inherit"] },
    true,
  );
  holder.stdin?.on("error", () => undefined);
  const close = async (): Promise<void> => {
    holder.stdin?.destroy();
    await holder.exited;
  };
  try {
    await readyLine(holder);
    const [workloadPid, worldPid] = await pids(holder);
    const workloadUid = privilege === "root" ? (settings.workloadUid ?? 10001) : (process.getuid?.() ?? 0);
    const identity = workloadIdentity(privilege, workloadUid);
    const workload = namespace(workloadPid, privilege, WORKLOAD, identity);
    const world = namespace(worldPid, privilege, WORLD, identity);
    const inWorkload = entry(workloadPid, privilege, ["--net"]);
    const inWorld = entry(worldPid, privilege, ["--net"]);
    // `ip` stays out of the PID namespace here: it must know the peer's process by the number that we know.
    await ip(inWorkload, [cable(worldPid), ...link(WORKLOAD, WORLD, can.ipv6)]);
    await ip(inWorld, [...link(WORLD, WORKLOAD, can.ipv6), ...owned(settings.addresses, can.ipv6)]);
    await ip(inWorkload, defaultRoutes(can.ipv6));
    return { privilege, ipv6: can.ipv6, workloadUid, workload, world, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function cable(worldPid: number): string {
  return `link add eth0 address ${WORKLOAD.mac} type veth peer name eth0 address ${WORLD.mac} netns ${worldPid}`;
}

// Both ends know each other from the start, and no address is looked for twice: the first packet goes at once.
function link(own: CableEnd, peer: CableEnd, ipv6: boolean): string[] {
  const four = [`addr add ${own.ipv4}/30 dev eth0`];
  const six = ["link set eth0 addrgenmode none", `addr add ${own.ipv6}/64 dev eth0 nodad`];
  const neighbours = [peer.ipv4, ...(ipv6 ? [peer.ipv6] : [])].map((a) => `neigh add ${a} lladdr ${peer.mac} dev eth0`);
  return ["link set lo up", ...four, ...(ipv6 ? six : []), "link set eth0 up", ...neighbours];
}

function defaultRoutes(ipv6: boolean): string[] {
  return [`route add default via ${WORLD.ipv4}`, ...(ipv6 ? [`route add default via ${WORLD.ipv6}`] : [])];
}

// Table main, not local: there the longer prefix of the cable goes first, so answers find the way back.
function owned(addresses: readonly string[] | undefined, ipv6: boolean): string[] {
  if (addresses === undefined)
    return ["0.0.0.0/0", ...(ipv6 ? ["::/0"] : [])].map((block) => `route add local ${block} dev lo table main`);
  return addresses
    .filter((address) => ipv6 || !address.includes(":"))
    .map((a) => (a.includes(":") ? `addr add ${a}/128 dev lo nodad` : `addr add ${a}/32 dev lo`));
}

async function ip(enter: readonly string[], commands: readonly string[]): Promise<void> {
  const done = await finish(start([...enter, "ip", "-batch", "-"]), `${commands.join("\n")}\n`);
  if (done.code !== 0) throw new Error(`cannot set up the network of a namespace: ${done.stderr.trim()}`);
}

function namespace(
  pid: number,
  privilege: Privilege,
  { ipv4, ipv6 }: CableEnd,
  workload: readonly string[],
): Namespace {
  const enter: Namespace["enter"] = (argv, options = {}) => {
    const identity = options.as === "workload" ? workload : [];
    // Entering the mount namespace leads to `/`, hence the step back to the wanted folder.
    const change = ["sh", "-c", 'cd -- "$0" && exec "$@"', options.cwd ?? process.cwd()];
    return [...entry(pid, privilege, ["--net", "--mount", "--pid"]), ...change, ...identity, ...argv];
  };
  const spawn: Namespace["spawn"] = (argv, options = {}) => start(enter(argv, options), { ...options, cwd: "/" }, true);
  const run: Namespace["run"] = (argv, options = {}) => finish(spawn(argv, options), options.input);
  return { ipv4, ipv6, enter, spawn, run };
}

function entry(pid: number, privilege: Privilege, which: readonly string[]): string[] {
  const user = privilege === "user" ? ["--user", "--preserve-credentials"] : [];
  return ["nsenter", "--target", String(pid), ...user, ...which, "--"];
}

function workloadIdentity(privilege: Privilege, uid: number): string[] {
  if (privilege === "user") return ["unshare", "--user", `--map-user=${uid}`, `--map-group=${uid}`, "--"];
  const ids = [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
  return ["setpriv", ...ids, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--"];
}

function hostsFile(entries: NonNullable<NamespaceSettings["hosts"]>): string {
  if (entries.length === 0) return "";
  const lines = entries.map(({ address, names }) => `${address}\t${names.join(" ")}\n`);
  return `${readFileSync("/etc/hosts", "utf8").replace(/\n?$/, "\n")}${lines.join("")}`;
}

async function readyLine(holder: Running): Promise<void> {
  if (holder.stdout === null) throw new Error("impossible: the holder has no output");
  for await (const line of createInterface({ input: holder.stdout })) if (line === "ready") return;
  const { code, signal } = await holder.exited;
  throw new Error(`cannot make network namespaces: \`unshare\` ended with ${signal ?? code}`);
}

/** The processes that stand for the two namespaces: process 1, and its child in the other network. */
async function pids(holder: Running): Promise<[workload: number, world: number]> {
  const first = await holder.pid();
  if (first === undefined) throw new Error("cannot make network namespaces: the process that holds them has ended");
  const network = (pid: number): string => readlinkSync(`/proc/${pid}/ns/net`);
  const second = childrenOf(first).find((pid) => network(pid) !== network(first));
  if (second === undefined) throw new Error("cannot make network namespaces: the second one was not made");
  return [first, second];
}
