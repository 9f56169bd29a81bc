import { admits, decide } from "../decide/index.ts";
import {
  type Connection,
  type Destination,
  type EffectivePolicy,
  type RevocationMode,
  type Rule,
  type Sourced,
  secondsLeft,
} from "../model/index.ts";
import { compareIp, contains } from "../net/index.ts";

/** A connection whose bytes the proxy passes on, as its beginning was recorded. */
export interface PassedThrough {
  readonly destination: Destination;
  /** As logged. */
  readonly serverName?: string;
  /** The proxy's own end of it. */
  readonly pair: { readonly own: { readonly port: number } };
}

/**
 * What an open connection is, for `decide`: what Envoy saw of it under the policy that admitted it. One that a `tcp`
 * rule (or mode All) covered was not looked into, so its bytes are nobody's business, unless a server name is known.
 * `rawPort`: of the listener that does not look into anything; `allowed`: by the policy of that time.
 */
export function factsOf(
  connection: PassedThrough,
  rawPort: number | undefined,
  allowed: (what: Connection) => boolean,
): Connection {
  const { destination, serverName, pair } = connection;
  if (serverName !== undefined) return { kind: "tls", destination, serverName: serverName.toLowerCase() };
  const opaque: Connection = { kind: "opaque", destination };
  return pair.own.port === rawPort || allowed(opaque) ? opaque : { kind: "tls", destination };
}

/** Of a socket whose beginning nobody saw: admitted only if its address alone is enough, whatever its bytes are. */
export function isAdmittedByAddress(policy: EffectivePolicy, destination: Connection["destination"]): boolean {
  return (
    decide(policy, { kind: "opaque", destination }).kind === "allow" ||
    decide(policy, { kind: "tls", destination }).kind === "allow"
  );
}

/** What a change may have forbidden. */
export type Loss =
  /** Nothing: it only added permissions. */
  | { readonly kind: "nothing" }
  /** Only what one of these rules admitted. */
  | { readonly kind: "rules"; readonly rules: readonly Rule[] }
  | { readonly kind: "anything" };

/**
 * Compare two policies by what they mean; sources and order do not matter. Where open connections get less time than
 * before, it is as if anything were lost: what was spared is looked at again. `otherwise`: where a policy says nothing.
 */
export const lossOf = (before: EffectivePolicy, after: EffectivePolicy, otherwise: RevocationMode): Loss =>
  secondsLeft(revocationOf(after, otherwise)) < secondsLeft(revocationOf(before, otherwise))
    ? { kind: "anything" }
    : permissionsLost(before, after);

/** What becomes of what a policy forbids. `otherwise`: where it does not say it. */
export const revocationOf = (policy: EffectivePolicy, otherwise: RevocationMode): RevocationMode =>
  policy.revocation ?? otherwise;

function permissionsLost(before: EffectivePolicy, after: EffectivePolicy): Loss {
  const [was, is] = [modeOf(before), modeOf(after)];
  if (is === "All" || was === "None") return { kind: "nothing" };
  if (was === "All" || is === "None") return { kind: "anything" };
  // versions share the rules that stay: nearly all are settled by what they are, and few texts are compared
  const [had, has] = [before, after].map(({ rules }) => new Set(rules.map(({ value }) => value)));
  const kept = new Set(after.rules.filter(({ value }) => had?.has(value) !== true).map(meaningOf));
  const gone = before.rules.filter((rule) => has?.has(rule.value) !== true && !kept.has(meaningOf(rule)));
  return gone.length === 0 ? { kind: "nothing" } : { kind: "rules", rules: gone.map(({ value }) => value) };
}

/** A quick look before `decide`: may the loss concern this connection at all? */
export const mayConcern = (loss: Loss, connection: Connection): boolean =>
  loss.kind === "anything" || (loss.kind === "rules" && loss.rules.some((rule) => admits(rule, connection)));

/** The same for a socket of which only the destination is known: may something to there have been lost? */
export function mayConcernDestination(loss: Loss, { ip, port }: Connection["destination"]): boolean {
  if (loss.kind !== "rules") return loss.kind === "anything";
  return loss.rules.some((rule) => {
    if (rule.port !== undefined && rule.port !== port) return false;
    if (rule.match.type === "Domain") return true;
    return rule.match.type === "IP" ? compareIp(rule.match.ip, ip) === 0 : contains(rule.match.block, ip);
  });
}

const modeOf = ({ enforced, mode }: EffectivePolicy) => (enforced === true ? mode.value : "All");

/** Spellings of one address differ here, and of two equal rules one may go; then the rule counts as gone, and `decide` finds that nothing is lost. */
const meaningOf = ({ value: { written } }: Sourced<Rule>): string =>
  JSON.stringify([written.type, written.value, written.port ?? 0, written.protocol]);
