import { readFileSync } from "node:fs";
import { parseRevocation, REVOCATION_FORMS, type RevocationMode } from "../policy/model/index.ts";
import { type IpAddress, parseIp, portFromNumber } from "../policy/net/index.ts";
import { type Address, parseAddress } from "../xds/index.ts";
import { DEFAULT_RAW_PORT } from "./agent/index.ts";
import { connectionLimit } from "./envoy/index.ts";
import { defaultIdentity, HostError, type Identity } from "./host/index.ts";

/** What `start` is told. Everything that has a default may be left out. */
export interface SidecarSettings {
  readonly mesh: string;
  /** Name of the Dataplane. */
  readonly name: string;
  /** `unix:PATH` or `127.0.0.1:PORT`; absent: there is none, and what is on disk is enforced. */
  readonly controlPlane?: string;
  /** Where everything is kept; made if it is not there. One sidecar has one, and finds its Envoy by it. */
  readonly stateFolder: string;
  /** Default: `SALLYPORT_ENVOY`, PATH, installed ones. */
  readonly envoyPath?: string;
  /** Default: uid 5678 where the process may become it, else a socket mark. */
  readonly identity?: Identity;
  /**
   * `install`: the redirection is ours, and kept in force. `verify-only`: it was installed by `redirect install`, and is
   * looked at. `none`: it is somebody else's; there is no listener for server-first protocols then.
   */
  readonly redirect: "install" | "verify-only" | "none";
  /** Port of the inspecting listener; default: as the Dataplane says, else 15001. */
  readonly outboundPort?: number;
  /** Port of the listener that does not inspect; default 15003. */
  readonly rawPort?: number;
  /** False: there is only the inspecting listener. */
  readonly rawListener?: boolean;
  /** TCP/53 to these is left alone; default: those of /etc/resolv.conf. */
  readonly resolvers?: readonly string[];
  /** Envoy's worker threads; default 2. */
  readonly concurrency?: number;
  /** Connections that may be open at a time; default: as many as Envoy's descriptors allow, at most 10,000. */
  readonly maxConnections?: number;
  /** Bytes of heap beyond which Envoy takes no more connections; default 1 GiB. */
  readonly maxHeapBytes?: number;
  /** Open connections that a change forbids, where the policy does not say it: `cut` (default), `drain 30s`, `keep`. */
  readonly revocation?: string;
  /** Where lines about what did not get out are appended; default: standard output. */
  readonly logFile?: string;
  /** Of Envoy's own log; default `warning`. */
  readonly envoyLogLevel?: string;
}

/** Settings that fit together. */
export interface CheckedSettings {
  readonly owner: { readonly mesh: string; readonly name: string };
  readonly controlPlane: Address | undefined;
  readonly stateFolder: string;
  readonly envoyPath: string | undefined;
  readonly identity: Identity;
  readonly redirect: SidecarSettings["redirect"];
  readonly fixedOutboundPort: number | undefined;
  readonly rawPort: number | undefined;
  readonly resolvers: readonly IpAddress[];
  readonly concurrency: number;
  readonly maxConnections: number;
  readonly maxHeapBytes: number;
  readonly revocation: RevocationMode;
  readonly logFile: string | undefined;
  readonly envoyLogLevel: string;
}

const LOG_LEVELS = ["trace", "debug", "info", "warning", "error", "critical", "off"];
const DEFAULT_HEAP_BYTES = 1 << 30;

/** Throws one HostError that names every fault. */
export function checkSettings(given: SidecarSettings): CheckedSettings {
  const faults: string[] = [];
  const need = (holds: boolean, fault: string) => {
    if (!holds) faults.push(fault);
  };
  const {
    mesh,
    name,
    stateFolder,
    outboundPort,
    rawListener = true,
    concurrency = 2,
    envoyLogLevel = "warning",
  } = given;
  need(mesh !== "" && name !== "", "a sidecar needs the names of its mesh and of its Dataplane");
  need(!/[\s/]/.test(mesh + name), "names of meshes and Dataplanes have no slash and no space");
  need(stateFolder !== "", "a sidecar needs a folder for its state");
  const identity = given.identity ?? defaultIdentity();
  need(
    identity.kind === "mark" ? isCount(identity.mark, 0xffff_ffff) : isCount(identity.uid, 0xffff_fffe),
    "the proxy's uid or mark is a whole number above 0",
  );
  need(
    identity.kind === "mark" || process.getuid?.() === identity.uid || process.getuid?.() === 0,
    "only root can run Envoy as another user",
  );
  for (const port of [outboundPort, given.rawPort])
    need(port === undefined || portFromNumber(port).ok, `\`${port}\` is no port: 1 to 65535`);
  const rawPort = given.redirect === "none" || !rawListener ? undefined : (given.rawPort ?? DEFAULT_RAW_PORT);
  need(rawPort === undefined || rawPort !== outboundPort, `both listeners are on port ${rawPort}`);
  need(
    given.redirect === "none" || rawListener,
    "without the raw listener the redirection cannot be ours: `redirect: none`",
  );
  need(isCount(concurrency, 256), `\`${concurrency}\` is no number of worker threads: 1 to 256`);
  need(LOG_LEVELS.includes(envoyLogLevel), `\`${envoyLogLevel}\` is no log level of Envoy: ${LOG_LEVELS.join(", ")}`);
  const maxConnections = given.maxConnections ?? connectionLimit();
  need(
    isCount(maxConnections, connectionLimit()),
    `\`${maxConnections}\` connections are too many for Envoy's descriptors (or none): 1 to ${connectionLimit()}`,
  );
  const maxHeapBytes = given.maxHeapBytes ?? DEFAULT_HEAP_BYTES;
  need(isCount(maxHeapBytes, Number.MAX_SAFE_INTEGER), `\`${maxHeapBytes}\` is no size of a heap in bytes`);
  const resolvers = (given.resolvers ?? systemResolvers()).flatMap((text) => {
    const ip = parseIp(text);
    need(ip.ok, `\`${text}\` is no address of a resolver`);
    return ip.ok ? [ip.value] : [];
  });
  const revocation = parseRevocation(given.revocation ?? "cut");
  need(revocation !== undefined, `\`${given.revocation}\` is no revocation: ${REVOCATION_FORMS}`);
  const address = given.controlPlane === undefined ? undefined : parseAddress(given.controlPlane);
  if (address?.ok === false) faults.push(address.message);
  if (faults.length > 0) throw new HostError(faults.join("; "));
  return {
    owner: { mesh, name },
    controlPlane: address?.ok ? address.value : undefined,
    stateFolder,
    envoyPath: given.envoyPath,
    identity,
    redirect: given.redirect,
    fixedOutboundPort: outboundPort,
    rawPort,
    resolvers,
    concurrency,
    maxConnections,
    maxHeapBytes,
    revocation: revocation ?? { kind: "cut" },
    logFile: given.logFile,
    envoyLogLevel,
  };
}

const isCount = (n: number, most: number): boolean => Number.isInteger(n) && n >= 1 && n <= most;

/** Addresses that are this host's own need no exception. */
function systemResolvers(): string[] {
  try {
    const lines = readFileSync("/etc/resolv.conf", "utf8").split("\n");
    const addresses = lines.flatMap((line) => /^\s*nameserver\s+([0-9a-fA-F.:]+)\s*$/.exec(line)?.[1] ?? []);
    return addresses.filter((address) => parseIp(address).ok && !/^(?:127\.|::1$)/.test(address));
  } catch {
    return [];
  }
}
