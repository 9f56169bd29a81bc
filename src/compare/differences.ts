/**
 * Where Kuma 2.9 gives a connection another verdict than the documentation, by the number of the row in the table of
 * differences. `host`: no row of its own; hosts that are not well formed.
 */
export const DIFFERENCES = ["D1", "D2", "D5", "D6", "D7", "D10", "D14", "D17", "D18", "host"] as const;
export type Difference = (typeof DIFFERENCES)[number];

/** What Kuma does, in a line. D4 freezes a proxy or makes its Envoy refuse the listener, and gives no verdict. */
export const MEANING: Readonly<Record<Difference | "D4", string>> = {
  D1: "a policy without `passthroughMode` counts as `None` on Kubernetes, and as `Matched` on Universal",
  D2: "an address rule hides wider blocks and all names on its port",
  D4: "`http`, `http2` and `grpc` must not meet on one port",
  D5: "HTTP/1.0 and upgrades are refused by `http`, `http2` and `grpc` rules",
  D6: "`http2` and `grpc` admit every HTTP/1.1 and HTTP/2 request",
  D7: "`Host` is compared with its port and its trailing dot",
  D10: "an inbound in state `Ignored` takes no part in selection",
  D14: "another way to write a name or an address is another rule, or none",
  D17: "`tcp` does not admit TLS, nor a client that waits for the other side to speak",
  D18: "a connection to the proxy's own listener loops until Envoy dies",
  host: "a host that is no host is compared like any other",
};
