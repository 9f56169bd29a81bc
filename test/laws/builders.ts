/** Resources, rules and connections in one line each, for tests. What is not valid throws. */
import {
  atAddress,
  type Connection,
  type Dataplane,
  type EffectivePolicy,
  type Form,
  type Labels,
  MATCH_TYPES,
  type Match,
  type Mesh,
  type MeshPassthrough,
  type Meta,
  type Mode,
  PROTOCOLS,
  parseConnection,
  parseRule,
  type Rule,
  type Sourced,
  type TargetRef,
  type WrittenRule,
} from "../../src/policy/model/index.ts";
import {
  type IpAddress,
  type Parsed,
  type Port,
  parseCidr,
  parseDomainPattern,
  parseIp,
  portFromNumber,
} from "../../src/policy/net/index.ts";

/** The value of something that parsed. */
export function must<T>(result: Parsed<T, string>): T {
  if (!result.ok) throw new TypeError(`${result.reason}: ${result.help ?? ""}`);
  return result.value;
}

export const ip = (text: string): IpAddress => must(parseIp(text));
export const port = (n: number): Port => must(portFromNumber(n));

/** `Domain httpbin.org tls 443`, `CIDR 10.0.0.0/8 tcp`: type, value, protocol, port if there is one. */
export function rule(text: string): Rule {
  const [type, value = "", protocol, portText] = text.split(" ");
  const matchType = MATCH_TYPES.find((known) => known === type);
  const knownProtocol = PROTOCOLS.find((known) => known === protocol);
  if (matchType === undefined || knownProtocol === undefined) throw new TypeError(`no rule: ${text}`);
  const withoutPort = { type: matchType, value, protocol: knownProtocol };
  return ruleOf(portText === undefined ? withoutPort : { ...withoutPort, port: Number(portText) });
}

export function ruleOf(written: WrittenRule): Rule {
  const base = { match: matchOf(written), protocol: written.protocol, written };
  return written.port === undefined ? base : { ...base, port: port(written.port) };
}

function matchOf({ type, value }: WrittenRule): Match {
  if (type === "Domain") return { type, pattern: must(parseDomainPattern(value)) };
  return type === "IP" ? { type, ip: must(parseIp(value)) } : { type, block: must(parseCidr(value)) };
}

/** A connection by its text; the address, if the text has none, is 203.0.113.7. */
export function connection(text: string): Connection {
  const parsed = must(parseConnection(text));
  return atAddress(parsed, parsed.destination.ip ?? ip("203.0.113.7"));
}

/** Rules of policy `p`, enforced. */
export function matched(...rules: readonly string[]): EffectivePolicy {
  return effective("Matched", rules.map(rule));
}

/** Rules as `tls Domain api.example.com 443`, without the port: every port; of policy `name`, enforced. */
export const policyNamed =
  (name: string) =>
  (mode: Mode, ...rules: readonly string[]): EffectivePolicy => ({
    enforced: true,
    mode: { value: mode, source: { mesh: "default", name, displayName: name } },
    rules: sourced(
      rules.map((text) => {
        const [protocol = "", type = "", value = "", port] = text.split(" ");
        return must(parseRule({ protocol, type, value, ...(port !== undefined && { port: Number(port) }) }));
      }),
      name,
    ),
  });

export function effective(mode: Mode, rules: readonly Rule[]): EffectivePolicy {
  return {
    enforced: true,
    mode: { value: mode, source: { mesh: "default", name: "p", displayName: "p" } },
    rules: sourced(rules),
  };
}

export const sourced = (rules: readonly Rule[], name = "p"): Sourced<Rule>[] =>
  rules.map((value, index) => ({ value, source: { mesh: "default", name, displayName: name, index } }));

export function meta(
  name: string,
  options: {
    readonly mesh?: string;
    readonly displayName?: string;
    readonly labels?: Labels;
    readonly form?: Form;
  } = {},
): Meta {
  const { mesh = "default", displayName = name, labels = {}, form = "universal" } = options;
  return { form, mesh, name, displayName, labels, annotations: {} };
}

export const mesh = (passthrough?: boolean): Mesh => {
  const base = { type: "Mesh", meta: meta("default") } as const;
  return passthrough === undefined ? base : { ...base, passthrough };
};

export interface PolicyOptions {
  readonly mesh?: string;
  readonly displayName?: string;
  readonly labels?: Labels;
  readonly targetRef?: TargetRef;
  readonly mode?: Mode;
  readonly rules?: readonly string[];
}

export function policy(name: string, options: PolicyOptions = {}): MeshPassthrough {
  const { targetRef, mode, rules = [] } = options;
  return {
    type: "MeshPassthrough",
    meta: meta(name, options),
    ...(targetRef === undefined ? {} : { targetRef }),
    ...(mode === undefined ? {} : { mode }),
    rules: rules.map(rule),
  };
}

/** A sidecar behind a transparent proxy with one inbound of service `web`, changed by `changes`. */
export function dataplane(changes: Partial<Dataplane> = {}): Dataplane {
  return {
    type: "Dataplane",
    meta: meta("web-1"),
    address: "192.168.0.1",
    inbound: [{ port: 8080, tags: { "kuma.io/service": "web" } }],
    transparentProxying: { redirectPortOutbound: 15001, redirectPortInbound: 15006, ipFamilyMode: "UnSpecified" },
    ...changes,
  };
}
