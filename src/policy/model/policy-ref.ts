import type { MeshPassthrough } from "./resource.ts";

/**
 * Names a policy, or with `index` one of its rules, everywhere in the product: verdicts, logs, HTTP bodies, API.
 * Its text can be found in the files by searching for the name.
 */
export interface PolicyRef {
  readonly mesh: string;
  /** Core name: `<name>` or `<name>.<namespace>`. */
  readonly name: string;
  readonly displayName: string;
  /** Position in `appendMatch`, from 0. */
  readonly index?: number;
}

/** A value and the policy it came from. */
export interface Sourced<T> {
  readonly value: T;
  readonly source: PolicyRef;
}

export function policyRef(policy: Pick<MeshPassthrough, "meta">, index?: number): PolicyRef {
  const { mesh, name, displayName } = policy.meta;
  return index === undefined ? { mesh, name, displayName } : { mesh, name, displayName, index };
}

/** `allow-some-passthrough#0`, or the name alone for a whole policy. */
export const formatPolicyRef = (ref: PolicyRef): string =>
  ref.index === undefined ? ref.name : `${ref.name}#${ref.index}`;
