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
  parseRule,
  type Rule,
  type Sourced,
} from "../../policy/model/index.ts";
import { keyOf } from "./encode.ts";
import type { Decoded, ProxyPolicy } from "./proxy-policy.ts";

/** Takes a fault and gives undefined, so that a reader can go on and find the others. */
type Fault = (fault: string) => undefined;

/**
 * The policy that the bytes hold. Rules are parsed as they are from files, so that nothing unchecked gets in; one
 * fault refuses the whole. Never throws.
 */
export function decodeEffectivePolicy(bytes: Uint8Array): Decoded<ProxyPolicy> {
  const message = read(bytes);
  if (message === undefined) return { ok: false, faults: ["the bytes are no EffectivePolicy"] };
  const faults: string[] = [];
  const fault: Fault = (text) => {
    faults.push(text);
    return undefined;
  };
  const policies = policyRefs(message, fault);
  const rules = message.rules.flatMap((rule, i) => sourcedRule(rule, i, policies, fault) ?? []);
  const enforced = enforcement(message, fault);
  const mode = effectiveMode(message, policies, fault);
  const proxy = proxyFields(message, fault);
  if (faults.length > 0 || enforced === undefined || mode === undefined || proxy === undefined)
    return { ok: false, faults };
  return { ok: true, value: { ...proxy, policies, policy: { enforced, mode, rules } } };
}

function read(bytes: Uint8Array): Message | undefined {
  try {
    return fromBinary(EffectivePolicySchema, bytes);
  } catch {
    return undefined;
  }
}

function policyRefs(message: Message, fault: Fault): PolicyRef[] {
  const refs = message.policies.map(({ mesh, name, displayName }) => ({ mesh, name, displayName }));
  for (const [i, ref] of refs.entries())
    if (ref.mesh === "" || ref.name === "" || ref.displayName === "")
      fault(`policy ${i} lacks its mesh, name or display name`);
  if (new Set(refs.map(keyOf)).size < refs.length) fault("a policy is listed twice");
  return refs;
}

function sourcedRule(
  rule: RuleMessage,
  i: number,
  policies: readonly PolicyRef[],
  fault: Fault,
): Sourced<Rule> | undefined {
  const policy = policies[rule.policy];
  if (policy === undefined) return fault(`rule ${i} is of policy ${rule.policy}, and there are ${policies.length}`);
  const { type, value, protocol } = rule;
  const parsed = parseRule(rule.port === 0 ? { type, value, protocol } : { type, value, protocol, port: rule.port });
  if (!parsed.ok)
    return fault(
      `rule ${i} (of ${quote(policy.name)}): ${parsed.reason} of ${quote(`${type} ${value} ${protocol}`)}: ${parsed.help ?? "not understood"}`,
    );
  return { value: parsed.value, source: rule.index === undefined ? policy : { ...policy, index: rule.index } };
}

const NOT_ENFORCED: readonly NotEnforced[] = ["no transparent proxy", "builtin gateway"];

function enforcement({ notEnforced }: Message, fault: Fault): EffectivePolicy["enforced"] | undefined {
  if (notEnforced === "") return true;
  const not = NOT_ENFORCED.find((known) => known === notEnforced);
  return not === undefined ? fault(`unknown reason not to enforce: ${quote(notEnforced)}`) : { not };
}

function effectiveMode(
  { mode, modeSource }: Message,
  policies: readonly PolicyRef[],
  fault: Fault,
): EffectivePolicy["mode"] | undefined {
  const value = MODES.find((known) => known === mode);
  if (value === undefined) return fault(`unknown mode ${quote(mode)}`);
  if (modeSource.case === "modeMesh" && modeSource.value) return { value, source: "mesh" };
  if (modeSource.case === "modeDefault" && modeSource.value) return { value, source: "default" };
  const source = modeSource.case === "modePolicy" ? policies[modeSource.value] : undefined;
  return source === undefined ? fault("the mode does not say where it comes from") : { value, source };
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
