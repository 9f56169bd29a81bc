import { decide, differences } from "../decide/index.ts";
import {
  addressed,
  atAddress,
  type ConnectionText,
  type EffectivePolicy,
  type Rule,
  type Sourced,
  type Verdict,
} from "../model/index.ts";
import { type Cidr, hostCidr, type IpAddress, ipFromBits } from "../net/index.ts";
import { ALL_ADDRESSES, addressSet, differenceOf, someAddress } from "../space/index.ts";

/** The answer for a connection whose address may be unknown. */
export type Why =
  /** One answer: at the known address, or the same at every address. */
  | { readonly verdict: "allow" | "deny"; readonly addressMatters: false; readonly because: Verdict }
  /** Allowed at every address, though each of these rules admits it only at its own. */
  | { readonly verdict: "allow"; readonly addressMatters: true; readonly admitting: readonly Sourced<Rule>[] }
  /** Each of `admitting` admits it at its own addresses; `elsewhere` is one that they do not cover. */
  | {
      readonly verdict: "depends";
      readonly addressMatters: true;
      readonly admitting: readonly Sourced<Rule>[];
      readonly elsewhere: { readonly ip: IpAddress; readonly because: Verdict };
    };

/**
 * Why may the connection leave, or not? Where its address is unknown, the answer is exact for all of IPv4 and IPv6.
 * The rules tell two classes of addresses apart: those of rules that fit in every other respect, and the rest.
 * `decide` answers for one address of the rest.
 */
export function why(policy: EffectivePolicy, connection: ConnectionText): Why {
  const known = addressed(connection);
  if (known !== undefined) return oneAnswer(decide(policy, known));
  const admitting = rulesInForce(policy).filter(({ value }) => admitsAtItsAddresses(value, connection));
  const covered = addressSet(admitting.map(({ value }) => blockOf(value)).filter((block) => block !== undefined));
  const rest = someAddress(differenceOf(ALL_ADDRESSES, covered));
  if (rest === undefined) return { verdict: "allow", addressMatters: true, admitting };
  const because = decide(policy, atAddress(connection, rest));
  if (because.kind === "allow" || admitting.length === 0) return oneAnswer(because);
  return { verdict: "depends", addressMatters: true, admitting, elsewhere: { ip: rest, because } };
}

const oneAnswer = (because: Verdict): Why => ({ verdict: because.kind, addressMatters: false, because });

/** Rules play a part only in mode Matched, and only where something is enforced. */
export const rulesInForce = (policy: EffectivePolicy): readonly Sourced<Rule>[] =>
  policy.enforced === true && policy.mode.value === "Matched" ? policy.rules : [];

function admitsAtItsAddresses(rule: Rule, connection: ConnectionText): boolean {
  const block = blockOf(rule);
  if (block === undefined) return false;
  return differences(rule, atAddress(connection, ipFromBits(block.family, block.base))).length === 0;
}

/** The addresses of an address rule. */
export function blockOf({ match }: Rule): Cidr | undefined {
  if (match.type === "Domain") return undefined;
  return match.type === "IP" ? hostCidr(match.ip) : match.block;
}
