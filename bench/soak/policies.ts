/** What the soak writes: rules that change each second, and beside them rules that never do. */
import * as random from "../../test/e2e/random-policies.ts";

/** Connections that every policy of the soak allows, to addresses that no other rule names: one of each kind. */
export const STEADY = [
  "opaque://203.0.113.200:9000",
  "tls://steady.example:443@203.0.113.201",
  "http://steady.example:80@203.0.113.202",
  "ws://steady.example:80@203.0.113.203",
  "h2c://steady.example:8081@203.0.113.204",
  "grpc://steady.example:8082@203.0.113.205",
] as const;

const STEADY_POLICY = {
  type: "MeshPassthrough",
  mesh: "default",
  name: "steady",
  spec: {
    targetRef: { kind: "Mesh", proxyTypes: ["Sidecar"] },
    default: {
      passthroughMode: "Matched",
      appendMatch: [
        { type: "IP", value: "203.0.113.200", port: 9000, protocol: "tcp" },
        { type: "Domain", value: "steady.example", port: 443, protocol: "tls" },
        { type: "Domain", value: "steady.example", port: 80, protocol: "http" },
        { type: "Domain", value: "steady.example", port: 8081, protocol: "http2" },
        { type: "Domain", value: "steady.example", port: 8082, protocol: "grpc" },
      ],
    },
  },
};

/** Every port that the soak's connections go to. */
export const PORTS = [...random.HTTP_PORTS, 8081, 8082, random.TLS_PORT, random.TCP_PORT];

const FIRST_RULES = 14;

export function firstPolicy(next: () => number): random.Written {
  return { mode: "Matched", rules: Array.from({ length: FIRST_RULES }, () => random.randomRule(next)) };
}

/** A rule or two more or fewer, or another order. The mode stays, for the sake of the steady ones. */
export function editedPolicy(next: () => number, written: random.Written): random.Written {
  return { ...random.edited(next, written), mode: "Matched" };
}

export const meantBy = (written: random.Written): random.Meant => random.meantBy(written, [STEADY_POLICY]);
