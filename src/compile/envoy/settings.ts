import type { Port } from "../../policy/net/index.ts";
import type { PortKey } from "../table/index.ts";

/** What the output depends on besides the table. None of it may come from rules: a change would replace listeners. */
export interface EnvoySettings {
  /** Port of `mp:out`, on loopback. */
  readonly outboundPort: number;
  /** Port of `mp:raw`, which inspects nothing. Absent: only `mp:out`. */
  readonly rawPort?: number;
  /** How long `mp:out` waits for the first bytes, in ms; a connection still silent then is decided as it is. */
  readonly inspectionTimeoutMs: number;
  /** SO_MARK of the proxy's own connections, where the redirection cannot tell them by uid. */
  readonly upstreamMark?: number;
  /**
   * `file`: lines for the agent in {@link NAMES.logFile}, below Envoy's working folder. `stdout`: JSON lines. The fields
   * are {@link LogField}s.
   */
  readonly accessLog: "file" | "stdout";
  /** Ports whose HTTP chain stays although no rule names them: connections may still be on it. */
  readonly extraHttpPorts?: readonly PortKey[];
  /** Ports that rules name and whose HTTP stays on the chain of any port, which is among `extraHttpPorts` then. */
  readonly sharedHttpPorts?: readonly Port[];
  /** False on a host that has no `::1`: binding it would make Envoy refuse the listeners. Absent: true. */
  readonly ipv6?: boolean;
}

/** Destinations are spread over this many clusters: one for all costs O(destinations) for each new one. */
export const BUCKETS = 16;

/**
 * What Envoy holds back for a connection whose other side does not read, on each side. Envoy's own 1 MiB, times
 * thousands of connections that nobody reads, is more than there is.
 */
export const BUFFER_BYTES = 64 << 10;

/** Names that others refer to. They never hold a rule, a policy or a workload. */
export const NAMES = {
  out: "mp:out",
  raw: "mp:raw",
  /** Chain for connections to the proxy itself. */
  refuseLocal: "refuse-local",
  /** Cluster of the agent, for ADS; only the bootstrap defines it. */
  agent: "agent",
  /** Never defined: a chain that points to it closes its connections. */
  noCluster: "mp_no_such_cluster",
  /** What the names of all access logs begin with. */
  log: "mp",
  /** Where records are written: a name, since Envoy opens it in its own folder, where it always may. */
  logFile: "access.log",
  /** Environment variable of Envoy that holds the workload's name for the text of denials. */
  workload: "SALLYPORT_WORKLOAD",
} as const;

/** The chain for TCP and TLS to a bucket. */
export const passChain = (bucket: number): string => `pass-${bucket}`;

/** The cluster of a bucket. */
export const bucketCluster = (bucket: number): string => `od-${bucket}`;

/** The chain of a port's HTTP, and its route table: `http-80`, `http-any`. */
export const httpName = (port: PortKey): string => `http-${port}`;

/** Request headers of our own: overwritten on arrival, so that no client sets them, and removed before upstream. */
export const HEADERS = {
  protocol: "x-sallyport-protocol",
  destination: "x-sallyport-dst",
  /** `:80`: the end of a host that carries the destination's port. */
  port: "x-sallyport-port",
  forwardedProto: "x-sallyport-xfp",
  /** In answers: this denial is ours. */
  denied: "x-sallyport",
} as const;

/** What the header of the destination's port says. */
export const portHeader = (port: Port): string => `:${port}`;
