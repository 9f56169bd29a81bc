import { formatIp } from "../../policy/net/index.ts";
import { errorText, type Log, runCommand } from "../host/index.ts";
import { type DestroyOutcome, openSockDiag, type SockDiag, type SocketToDestroy } from "./sock-diag.ts";
import type { TcpSocket } from "./tcp-socket.ts";

/**
 * `cut`: it is gone. `pending`: the kernel resets it at its next byte, since it could not be destroyed. `kept`: nothing
 * could be done, and why.
 */
export type CutOutcome =
  | { readonly kind: "cut" }
  | { readonly kind: "pending" }
  | { readonly kind: "kept"; readonly why: string };

/** Ends single connections, by whatever means the host allows. */
export interface Cutter {
  /** Connections that Envoy accepted on these ports and that still carry bytes. Throws a HostError. */
  open(ports: readonly number[]): TcpSocket[];
  /** One outcome for each, in order. Never rejects. */
  cut(sockets: readonly SocketToDestroy[]): Promise<CutOutcome[]>;
  close(): void;
}

const TABLE = "sallyport_cut";
/** A later connection with the same addresses and ports must not be hit. */
const RULE_LIFETIME_S = 60;

/** Throws a HostError where the kernel has no NETLINK_SOCK_DIAG. */
export function openCutter(log: Log, diag: SockDiag = openSockDiag()): Cutter {
  return {
    open: (ports) => ports.flatMap((port) => diag.dump(port)),
    async cut(sockets) {
      let outcomes: DestroyOutcome[];
      try {
        outcomes = diag.destroy(sockets);
      } catch (error) {
        outcomes = sockets.map(() => ({ kind: "refused", error: errorText(error) }));
      }
      const refused = sockets.filter((_, i) => outcomes[i]?.kind === "refused");
      const failure = refused.length === 0 ? undefined : await resetByRule(refused);
      if (failure !== undefined) log.error({ connections: refused.length, why: failure }, "cannot cut connections");
      return outcomes.map((outcome): CutOutcome => {
        if (outcome.kind !== "refused") return { kind: "cut" };
        return failure === undefined ? { kind: "pending" } : { kind: "kept", why: `${outcome.error}; ${failure}` };
      });
    },
    close: () => diag.close(),
  };
}

/** Let the packet filter reset both directions; undefined when it took the rules, else why not. */
async function resetByRule(sockets: readonly SocketToDestroy[]): Promise<string | undefined> {
  const outcome = await runCommand("nft", ["-f", "-"], { input: resetRules(sockets), timeoutMs: 5_000 });
  if (outcome.kind === "failed") return `nft: ${outcome.why}`;
  return outcome.code === 0 ? undefined : `nft: ${outcome.stderr.trim().split("\n")[0] ?? ""}`;
}

/**
 * A table of its own, apart from the redirection. The chain is met after the destination was rewritten, so a packet has
 * the addresses that Envoy's socket has. Elements go by themselves.
 */
export function resetRules(sockets: readonly SocketToDestroy[]): string {
  const set = (name: string, address: string) =>
    `set ${name} { type ${address} . inet_service . ${address} . inet_service; flags timeout; timeout ${RULE_LIFETIME_S}s; }`;
  // the reset itself passes here too, and must get through
  const rule = (ip: string, name: string) =>
    `add rule inet ${TABLE} cut tcp flags & rst == 0 ${ip} saddr . tcp sport . ${ip} daddr . tcp dport @${name} reject with tcp reset`;
  const elements = (family: 4 | 6) =>
    sockets
      .filter(({ own }) => own.ip.family === family)
      .flatMap(({ own, peer }) => [
        `${formatIp(peer.ip)} . ${peer.port} . ${formatIp(own.ip)} . ${own.port}`,
        `${formatIp(own.ip)} . ${own.port} . ${formatIp(peer.ip)} . ${peer.port}`,
      ]);
  const add = (name: string, family: 4 | 6) => {
    const list = elements(family);
    return list.length === 0 ? [] : [`add element inet ${TABLE} ${name} { ${list.join(", ")} }`];
  };
  return [
    `table inet ${TABLE} {`,
    set("v4", "ipv4_addr"),
    set("v6", "ipv6_addr"),
    "chain cut { type filter hook output priority 0; policy accept; }",
    "}",
    `flush chain inet ${TABLE} cut`,
    rule("ip", "v4"),
    rule("ip6", "v6"),
    ...add("v4", 4),
    ...add("v6", 6),
    "",
  ].join("\n");
}
