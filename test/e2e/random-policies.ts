/** Policies and connections for edits.test.ts: few names, addresses and ports, so that rules and connections meet. */
import { check } from "../../src/policy/check/index.ts";
import type { Dataplane, EffectivePolicy } from "../../src/policy/model/index.ts";

/** A small generator of numbers below 1 (mulberry32): a failure is repeated by its seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(random: () => number, from: readonly T[]): T {
  const chosen = from[Math.floor(random() * from.length)];
  if (chosen === undefined) throw new Error("nothing to pick from");
  return chosen;
}

export const ADDRESSES = ["203.0.113.1", "203.0.113.2", "203.0.113.65", "2001:db8::1", "2001:db8:1::1"] as const;
const BLOCKS = ["203.0.113.0/26", "203.0.113.64/26", "2001:db8::/48", "2001:db8:1::/48"];
export const NAMES = ["a.example.com", "b.example.com", "a.example.net", "x.y.example.org"] as const;
const PATTERNS = [...NAMES, "*.example.com", "*.example.net", "*.example.org", "*"];
export const HTTP_PORTS = [80, 8080] as const;
export const TLS_PORT = 443;
export const TCP_PORT = 9000;

interface WrittenRule {
  readonly type: "Domain" | "IP" | "CIDR";
  readonly value: string;
  readonly port?: number;
  readonly protocol: "tcp" | "tls" | "http" | "http2" | "grpc";
}

/** What an operator has written, and edits. */
export interface Written {
  readonly mode: "All" | "Matched" | "None";
  readonly rules: readonly WrittenRule[];
}

/** The same as a control plane takes it, and as it is meant. */
export interface Meant {
  readonly resources: string;
  readonly dataplane: Dataplane;
  readonly effective: EffectivePolicy;
}

export function randomRule(random: () => number): WrittenRule {
  const protocol = pick(random, ["tcp", "tcp", "tls", "tls", "http", "http", "http2"] as const);
  const ports = protocol === "tcp" ? [TCP_PORT, TLS_PORT, ...HTTP_PORTS] : protocol === "tls" ? [TLS_PORT] : HTTP_PORTS;
  const kind = protocol === "tcp" || random() < 0.3 ? pick(random, ["IP", "CIDR"] as const) : "Domain";
  const name = pick(random, PATTERNS);
  const needsPort = kind === "Domain" && name.includes("*") && protocol !== "tls"; // a limit of the language
  const port = !needsPort && random() < 0.1 ? {} : { port: pick(random, ports) };
  if (kind === "Domain") return { type: kind, value: name, ...port, protocol };
  return { type: kind, value: pick(random, kind === "IP" ? ADDRESSES : BLOCKS), ...port, protocol };
}

/** One of some hundred different connections; about half are denied by a policy of these. */
export function randomConnection(random: () => number): string {
  const ip = pick(random, ADDRESSES);
  const at = ip.includes(":") ? `[${ip}]` : ip;
  const name = pick(random, NAMES);
  const port = pick(random, HTTP_PORTS);
  return pick(random, [
    `opaque://${at}:${TCP_PORT}`,
    `tls://${name}:${TLS_PORT}@${at}`,
    `tls://${name}:${TLS_PORT}@${at}`,
    `http://${name}:${port}@${at}`,
    `ws://${name}:${port}@${at}`,
    `h2c://${name}:${port}@${at}`,
  ]);
}

/** One or two rules more or fewer, another order, or, now and then, another mode. */
export function edited(random: () => number, { mode, rules }: Written): Written {
  const dice = random();
  if (mode !== "Matched") return { mode: "Matched", rules };
  if (dice < 0.03) return { mode: "None", rules };
  if (dice < 0.06) return { mode: "All", rules };
  if (dice < 0.1) return { mode, rules: [...rules].reverse() };
  const gone = dice < 0.55 && rules.length > 4 ? 1 + Math.floor(random() * 2) : 0;
  const left = rules.filter((_, i) => i >= gone || gone === 0);
  const added = gone === 0 || random() < 0.3 ? [randomRule(random)] : [];
  // What is removed next is not what was written first.
  return { mode, rules: [...left.slice(1), ...left.slice(0, 1), ...added].slice(-24) };
}

/** `more`: resources beside what is written. */
export function meantBy({ mode, rules }: Written, more: readonly object[] = []): Meant {
  const protocols = ["tcp", "tls", "http", "http2", "grpc"] as const;
  // One policy a protocol: several L7 protocols on one port may only meet by merging.
  const policies = protocols.map((protocol) => ({
    type: "MeshPassthrough",
    mesh: "default",
    name: `for-${protocol}`,
    spec: {
      targetRef: { kind: "Mesh", proxyTypes: ["Sidecar"] },
      default: { passthroughMode: mode, appendMatch: unique(rules.filter((rule) => rule.protocol === protocol)) },
    },
  }));
  const dataplane = {
    type: "Dataplane",
    mesh: "default",
    name: "web-1",
    networking: {
      address: "10.0.0.1",
      inbound: [{ port: 8080, tags: { "kuma.io/service": "web" } }],
      transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound: 15001 },
    },
  };
  const resources = [{ type: "Mesh", name: "default" }, dataplane, ...policies, ...more]
    .map((r) => `${JSON.stringify(r)}\n`)
    .join("---\n");
  const checked = check([{ file: "random.yaml", text: resources }]);
  const faults = checked.diagnostics.filter(({ severity }) => severity === "error");
  const [proxy] = checked.proxies;
  if (faults.length > 0 || proxy === undefined) throw new Error(`a bad random policy: ${JSON.stringify(faults)}`);
  return { resources, dataplane: proxy.dataplane, effective: proxy.effective };
}

function unique(rules: readonly WrittenRule[]): WrittenRule[] {
  return [...new Map(rules.map((rule) => [`${rule.type} ${rule.value} ${rule.port}`, rule])).values()];
}
