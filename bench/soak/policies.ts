/** What the soak writes: rules that change each second, and beside them rules that never do. */
import { check } from "../../src/policy/check/index.ts";
import type { EffectivePolicy } from "../../src/policy/model/index.ts";
import * as random from "../../test/e2e/random-policies.ts";

export interface Meant {
  readonly resources: string;
  readonly effective: EffectivePolicy;
}

/** Connections that every policy of the soak allows, to addresses that no other rule names: one of each kind. */
export const STEADY = [
  "opaque://203.0.113.200:9000",
  "tls://steady.example:443@203.0.113.201",
  "http://steady.example:80@203.0.113.202",
  "ws://steady.example:80@203.0.113.203",
  "h2c://steady.example:8081@203.0.113.204",
  "grpc://steady.example:8082@203.0.113.205",
] as const;

const STEADY_RULES = [
  { type: "IP", value: "203.0.113.200", port: 9000, protocol: "tcp" },
  { type: "Domain", value: "steady.example", port: 443, protocol: "tls" },
  { type: "Domain", value: "steady.example", port: 80, protocol: "http" },
  { type: "Domain", value: "steady.example", port: 8081, protocol: "http2" },
  { type: "Domain", value: "steady.example", port: 8082, protocol: "grpc" },
];

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

export function meantBy(written: random.Written): Meant {
  const steady = {
    type: "MeshPassthrough",
    mesh: "default",
    name: "steady",
    spec: {
      targetRef: { kind: "Mesh", proxyTypes: ["Sidecar"] },
      default: { passthroughMode: "Matched", appendMatch: STEADY_RULES },
    },
  };
  const resources = `${random.meantBy(written).resources}---\n${JSON.stringify(steady)}\n`;
  const { proxies, diagnostics } = check([{ file: "soak.yaml", text: resources }]);
  const [proxy] = proxies;
  const fault = diagnostics.find(({ severity }) => severity === "error");
  if (proxy === undefined || fault !== undefined) throw new Error(`a bad random policy: ${fault?.message}`);
  return { resources, effective: proxy.effective };
}

/** One of some hundred different connections; about half are denied by a policy of these. */
export function randomConnection(next: () => number): string {
  const ip = random.pick(next, random.ADDRESSES);
  const at = ip.includes(":") ? `[${ip}]` : ip;
  const name = random.pick(next, random.NAMES);
  const port = random.pick(next, random.HTTP_PORTS);
  return random.pick(next, [
    `opaque://${at}:${random.TCP_PORT}`,
    `tls://${name}:${random.TLS_PORT}@${at}`,
    `http://${name}:${port}@${at}`,
    `ws://${name}:${port}@${at}`,
    `h2c://${name}:${port}@${at}`,
  ]);
}
