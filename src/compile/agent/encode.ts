import { create, toBinary } from "@bufbuild/protobuf";
import { EffectivePolicySchema } from "../../gen/sallyport/v1/effective_policy_pb.js";
import { type EffectivePolicy, formatRevocation, type PolicyRef } from "../../policy/model/index.ts";
import type { ProxyPolicy } from "./proxy-policy.ts";

/** The bytes of a `sallyport.v1.EffectivePolicy`. Equal values, order included, give equal bytes. */
export function encodeEffectivePolicy({ policy, policies, ...proxy }: ProxyPolicy): Uint8Array {
  const { mode, enforced, rules } = policy;
  const modePolicy = typeof mode.source === "object" ? [mode.source] : [];
  const known = numbered([...policies, ...modePolicy, ...rules.map(({ source }) => source)]);
  let before: Place | undefined;
  const message = create(EffectivePolicySchema, {
    ...proxy,
    notEnforced: enforced === true ? "" : enforced.not,
    mode: mode.value,
    revocation: policy.revocation === undefined ? "" : formatRevocation(policy.revocation),
    modeSource: modeSource(mode.source, known.idOf),
    policies: known.policies,
    rules: rules.map(({ value: { written }, source }) => {
      const place = { policy: known.idOf(source), index: source.index };
      const rule = { ...written, ...sinceBefore(place, before) };
      before = place;
      return rule;
    }),
  });
  return toBinary(EffectivePolicySchema, message);
}

/** How the bytes of a proxy's policy begin; what follows depends on nothing that is the proxy's alone. */
export const encodeHead = ({ mesh, proxy }: Pick<ProxyPolicy, "mesh" | "proxy">): Uint8Array =>
  toBinary(EffectivePolicySchema, create(EffectivePolicySchema, { mesh, proxy }));

/** Where a rule comes from. */
interface Place {
  /** Its id. */
  readonly policy: number;
  readonly index: number | undefined;
}

/** What of a place does not follow from that of the rule before. */
function sinceBefore({ policy, index }: Place, before: Place | undefined) {
  const isSame = before?.policy === policy;
  const named = isSame ? {} : { policy };
  if (index === undefined) return { ...named, unnumbered: true };
  return index === following(isSame ? before : undefined) ? named : { ...named, index };
}

/** The index of a rule that says none: after one of the same policy, or the first of its policy. */
export const following = (before: Pick<Place, "index"> | undefined): number =>
  before?.index === undefined ? 0 : before.index + 1;

/** Each policy once, in the order given, with the id that rules call it by. */
function numbered(refs: readonly PolicyRef[]) {
  const ids = new Map<string, number>();
  const used = new Set<number>();
  const policies: { mesh: string; name: string; displayName: string; id: number }[] = [];
  for (const { mesh, name, displayName } of refs) {
    const key = keyOf({ mesh, name });
    if (ids.has(key)) continue;
    let id = hashOf(key);
    while (id === 0 || used.has(id)) id = (id + 1) >>> 0;
    ids.set(key, id);
    used.add(id);
    policies.push({ mesh, name, displayName, id });
  }
  return { policies, idOf: (ref: PolicyRef): number => ids.get(keyOf(ref)) ?? 0 }; // all are in: 0 never happens
}

/** 32 bits (FNV-1a) that stay with a name. Two names with the same ones are told apart by their order. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Tells policies apart: a name is unique in its mesh. */
export const keyOf = ({ mesh, name }: { readonly mesh: string; readonly name: string }): string =>
  JSON.stringify([mesh, name]);

function modeSource(source: EffectivePolicy["mode"]["source"], idOf: (ref: PolicyRef) => number) {
  if (source === "mesh") return { case: "modeMesh", value: true } as const;
  if (source === "default") return { case: "modeDefault", value: true } as const;
  return { case: "modePolicy", value: idOf(source) } as const;
}
