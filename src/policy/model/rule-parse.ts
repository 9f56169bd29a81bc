import { type Parsed, type Port, parseCidr, parseDomainPattern, parseIp, portFromNumber } from "../net/index.ts";
import { MATCH_TYPES, type Match, type MatchType, PROTOCOLS, type Rule } from "./rule.ts";

/** An entry of `appendMatch` as it travels or stands in a file: nothing in it is checked yet. */
export interface UncheckedRule {
  readonly type: string;
  readonly value: string;
  readonly port?: number;
  readonly protocol: string;
}

/** Which field keeps an entry from being a rule; `protocol-of-name`: `tcp` does not see names. */
export type RuleRefusal = "type" | "value" | "port" | "protocol" | "protocol-of-name";

type Refused = Extract<Parsed<never, RuleRefusal>, { ok: false }>;

/** The rule that an entry is. The first fault decides the reason; `help` says what the field holds. */
export function parseRule({ type, value, port, protocol }: UncheckedRule): Parsed<Rule, RuleRefusal> {
  const matchType = MATCH_TYPES.find((t) => t === type);
  if (matchType === undefined) return refuse("type", `write one of ${MATCH_TYPES.join(", ")}`);
  const known = PROTOCOLS.find((p) => p === protocol);
  if (known === undefined) return refuse("protocol", `write one of ${PROTOCOLS.join(", ")}`);
  if (known === "tcp" && matchType === "Domain")
    return refuse("protocol-of-name", "`tcp` needs `type: IP` or `type: CIDR`");
  const match = parseMatch(matchType, value);
  if (!match.ok) return refuse("value", match.help);
  const written = { type: matchType, value, protocol: known };
  if (port === undefined) return { ok: true, value: { match: match.value, protocol: known, written } };
  const number: Parsed<Port, string> = portFromNumber(port);
  if (!number.ok) return refuse("port", "a port is a whole number from 1 to 65535");
  return {
    ok: true,
    value: { match: match.value, protocol: known, port: number.value, written: { ...written, port } },
  };
}

/** The value of a rule by its type. */
export function parseMatch(type: MatchType, value: string): Parsed<Match, string> {
  if (type === "Domain") return into(parseDomainPattern(value), (pattern) => ({ type, pattern }));
  if (type === "IP") return into(parseIp(value), (ip) => ({ type, ip }));
  return into(parseCidr(value), (block) => ({ type, block }));
}

function into<T>(result: Parsed<T, string>, make: (value: T) => Match): Parsed<Match, string> {
  return result.ok ? { ok: true, value: make(result.value) } : result;
}

const refuse = (reason: RuleRefusal, help: string | undefined): Refused =>
  help === undefined ? { ok: false, reason } : { ok: false, reason, help };
