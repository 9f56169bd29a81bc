import { fromBinary } from "@bufbuild/protobuf";
import {
  EffectivePolicySchema,
  type EffectivePolicy as Message,
  type Rule as RuleMessage,
} from "../../gen/sallyport/v1/effective_policy_pb.js";
import { quote } from "../../policy/diagnostics/index.ts";
import {
  type EffectivePolicy,
  IP_FAMILY_MODES,
  MODES,
  type NotEnforced,
  type PolicyRef,
  parseRevocation,
  parseRule,
  REVOCATION_FORMS,
  type Rule,
  type Sourced,
} from "../../policy/model/index.ts";
import { following, keyOf } from "./encode.ts";
import type { Decoded, ProxyPolicy } from "./proxy-policy.ts";

/** Takes a fault and gives undefined, so that a reader can go on and find the others. */
type Fault = (fault: string) => undefined;

/**
 * The policy that the bytes hold. Rules are parsed as they are from files, so that nothing unchecked gets in; one
 * fault refuses the whole. Never throws. What is written as in `earlier`, rules parsed before, is that object again:
 * of two versions in memory most is there once.
 */
export function decodeEffectivePolicy(bytes: Uint8Array, earlier: readonly SourcedRule[] = []): Decoded<ProxyPolicy> {
  const message = read(bytes);
  if (message === undefined) return { ok: false, faults: ["the bytes are no EffectivePolicy"] };
  const faults: string[] = [];
  const fault: Fault = (text) => {
    faults.push(text);
    return undefined;
  };
  const known = policyRefs(message, fault);
  const rules = sourcedRules(message.rules, known, earlier, fault);
  const enforced = enforcement(message, fault);
  const mode = effectiveMode(message, known, fault);
  const proxy = proxyFields(message, fault);
  const revocation = revocationOf(message, fault);
  if (faults.length > 0 || enforced === undefined || mode === undefined || proxy === undefined)
    return { ok: false, faults };
  return {
    ok: true,
    value: { ...proxy, policies: [...known.values()], policy: { enforced, mode, rules, ...revocation } },
  };
}

function read(bytes: Uint8Array): Message | undefined {
  try {
    return fromBinary(EffectivePolicySchema, bytes);
  } catch {
    return undefined;
  }
}

type SourcedRule = Sourced<Rule>;
type ById = ReadonlyMap<number, PolicyRef>;

function policyRefs({ policies }: Message, fault: Fault): ById {
  for (const [i, { mesh, name, displayName, id }] of policies.entries())
    if (mesh === "" || name === "" || displayName === "" || id === 0)
      fault(`policy ${i} lacks its mesh, name, display name or id`);
  if (new Set(policies.map(keyOf)).size < policies.length) fault("a policy is listed twice");
  if (new Set(policies.map(({ id }) => id)).size < policies.length) fault("two policies have one id");
  return new Map(policies.map(({ mesh, name, displayName, id }) => [id, { mesh, name, displayName }]));
}

function sourcedRules(
  rules: readonly RuleMessage[],
  known: ById,
  earlier: readonly SourcedRule[],
  fault: Fault,
): SourcedRule[] {
  const find = finder(earlier);
  let before: { readonly policy: number; readonly index: number | undefined } | undefined;
  return rules.flatMap((rule, i) => {
    const policy = rule.policy === 0 ? (before?.policy ?? 0) : rule.policy;
    const index = rule.unnumbered ? undefined : (rule.index ?? following(rule.policy === 0 ? before : undefined));
    before = { policy, index };
    const ref = known.get(policy);
    if (ref === undefined) return fault(`rule ${i} is of policy ${policy}, and there is none with this id`) ?? [];
    const found = find(rule);
    if (found !== undefined && isFrom(found.source, ref, index)) return found;
    const value = found?.value ?? parsedRule(rule, i, ref, fault);
    return value === undefined ? [] : [{ value, source: index === undefined ? ref : { ...ref, index } }];
  });
}

/** An edit moves what follows it by a few places. */
const NEAR = 32;

/** Looks for a rule where one expects it after the one before, and a little further on. */
function finder(earlier: readonly SourcedRule[]): (rule: RuleMessage) => SourcedRule | undefined {
  let next = 0;
  return (rule) => {
    for (let at = next; at < Math.min(next + NEAR, earlier.length); at++) {
      const candidate = earlier[at];
      if (candidate === undefined || !isWritten(candidate.value, rule)) continue;
      next = at + 1;
      return candidate;
    }
    return undefined;
  };
}

const isWritten = ({ written }: Rule, { type, value, protocol, port }: RuleMessage): boolean =>
  written.value === value && written.type === type && written.protocol === protocol && (written.port ?? 0) === port;

const isFrom = (source: PolicyRef, { mesh, name, displayName }: PolicyRef, index: number | undefined): boolean =>
  source.index === index && source.name === name && source.mesh === mesh && source.displayName === displayName;

function parsedRule(rule: RuleMessage, i: number, policy: PolicyRef, fault: Fault): Rule | undefined {
  const { type, value, protocol, port } = rule;
  const parsed = parseRule(port === 0 ? { type, value, protocol } : { type, value, protocol, port });
  if (parsed.ok) return parsed.value;
  return fault(
    `rule ${i} (of ${quote(policy.name)}): ${parsed.reason} of ${quote(`${type} ${value} ${protocol}`)}: ${parsed.help ?? "not understood"}`,
  );
}

const NOT_ENFORCED: readonly NotEnforced[] = ["no transparent proxy", "builtin gateway"];

function enforcement({ notEnforced }: Message, fault: Fault): EffectivePolicy["enforced"] | undefined {
  if (notEnforced === "") return true;
  const not = NOT_ENFORCED.find((known) => known === notEnforced);
  return not === undefined ? fault(`unknown reason not to enforce: ${quote(notEnforced)}`) : { not };
}

function effectiveMode({ mode, modeSource }: Message, known: ById, fault: Fault): EffectivePolicy["mode"] | undefined {
  const value = MODES.find((known) => known === mode);
  if (value === undefined) return fault(`unknown mode ${quote(mode)}`);
  if (modeSource.case === "modeMesh" && modeSource.value) return { value, source: "mesh" };
  if (modeSource.case === "modeDefault" && modeSource.value) return { value, source: "default" };
  const source = modeSource.case === "modePolicy" ? known.get(modeSource.value) : undefined;
  return source === undefined ? fault("the mode does not say where it comes from") : { value, source };
}

function revocationOf({ revocation }: Message, fault: Fault): Pick<EffectivePolicy, "revocation"> | undefined {
  if (revocation === "") return {};
  const mode = parseRevocation(revocation);
  return mode === undefined
    ? fault(`unknown revocation ${quote(revocation)}: it may be ${REVOCATION_FORMS}`)
    : { revocation: mode };
}

function proxyFields(
  { mesh, proxy, redirectPortOutbound, ipFamilyMode }: Message,
  fault: Fault,
): Pick<ProxyPolicy, "mesh" | "proxy" | "redirectPortOutbound" | "ipFamilyMode"> | undefined {
  const family = IP_FAMILY_MODES.find((known) => known === ipFamilyMode);
  if (mesh === "" || proxy === "") fault("mesh or proxy is missing");
  if (redirectPortOutbound > 65_535) fault(`${redirectPortOutbound} is no port`);
  if (family === undefined) return fault(`unknown IP family mode ${quote(ipFamilyMode)}`);
  return { mesh, proxy, redirectPortOutbound, ipFamilyMode: family };
}
