import { create, toBinary } from "@bufbuild/protobuf";
import { EffectivePolicySchema } from "../../gen/sallyport/v1/effective_policy_pb.js";
import type { EffectivePolicy, PolicyRef } from "../../policy/model/index.ts";
import type { ProxyPolicy } from "./proxy-policy.ts";

/** Type URL of the resource over xDS. */
export const EFFECTIVE_POLICY_TYPE_URL = `type.googleapis.com/${EffectivePolicySchema.typeName}`;

/** The bytes of a `sallyport.v1.EffectivePolicy`. Equal values, order included, give equal bytes. */
export function encodeEffectivePolicy({ policy, policies, ...proxy }: ProxyPolicy): Uint8Array {
  const { mode, enforced, rules } = policy;
  const modePolicy = typeof mode.source === "object" ? [mode.source] : [];
  const known = numbered([...policies, ...modePolicy, ...rules.map(({ source }) => source)]);
  const numberOf = (ref: PolicyRef): number => known.get(keyOf(ref))?.number ?? 0; // all are in: 0 never happens
  const message = create(EffectivePolicySchema, {
    ...proxy,
    notEnforced: enforced === true ? "" : enforced.not,
    mode: mode.value,
    modeSource: modeSource(mode.source, numberOf),
    policies: [...known.values()].map(({ ref: { mesh, name, displayName } }) => ({ mesh, name, displayName })),
    rules: rules.map(({ value: { written }, source }) => ({
      ...written,
      policy: numberOf(source),
      ...(source.index === undefined ? {} : { index: source.index }),
    })),
  });
  return toBinary(EffectivePolicySchema, message);
}

/** Each policy once, in the order given. */
function numbered(refs: readonly PolicyRef[]): Map<string, { readonly ref: PolicyRef; readonly number: number }> {
  const known = new Map<string, { ref: PolicyRef; number: number }>();
  for (const ref of refs) if (!known.has(keyOf(ref))) known.set(keyOf(ref), { ref, number: known.size });
  return known;
}

/** Tells policies apart: a name is unique in its mesh. */
export const keyOf = ({ mesh, name }: { readonly mesh: string; readonly name: string }): string =>
  JSON.stringify([mesh, name]);

function modeSource(source: EffectivePolicy["mode"]["source"], numberOf: (ref: PolicyRef) => number) {
  if (source === "mesh") return { case: "modeMesh", value: true } as const;
  if (source === "default") return { case: "modeDefault", value: true } as const;
  return { case: "modePolicy", value: numberOf(source) } as const;
}
