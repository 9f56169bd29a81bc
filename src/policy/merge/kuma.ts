import type { MeshPassthrough } from "../model/index.ts";

/** A configuration as JSON. */
export type Conf = { readonly [field: string]: unknown };

/** A configuration and the policies that took part, each once, in order. */
export interface KumaRule {
  /** Where no policy sets `passthroughMode`, it is absent: at run time that is `Matched`. */
  readonly conf: Conf;
  readonly origin: readonly { readonly mesh: string; readonly name: string }[];
}

/** Merges policies in order of precedence, lowest first. No policy: no rule. */
export function kumaMerge(selected: readonly MeshPassthrough[]): KumaRule | undefined {
  if (selected.length === 0) return undefined;
  const origin = new Map(selected.map(({ meta: { mesh, name } }) => [JSON.stringify([mesh, name]), { mesh, name }]));
  const conf = kumaMergeConfs(
    selected.map(({ mode, rules }) => ({
      ...(mode === undefined ? {} : { passthroughMode: mode }),
      ...(rules.length === 0 ? {} : { appendMatch: rules.map(({ written }) => written) }),
    })),
  );
  return { conf, origin: [...origin.values()] };
}

/**
 * Configurations of any policy type, in order of precedence, lowest first: a list whose field begins with `append` is
 * appended, maps are merged, anything else replaces what was there.
 */
export function kumaMergeConfs(confs: readonly Conf[]): Conf {
  return confs.reduce(mergeTwo, {});
}

function mergeTwo(low: Conf, high: Conf): Conf {
  const out: Record<string, unknown> = { ...low };
  for (const [field, value] of Object.entries(high)) {
    const before = Object.hasOwn(low, field) ? low[field] : undefined;
    if (/^append/i.test(field) && isListOrNull(value) && isListOrNull(before ?? null))
      out[field] = before == null && value === null ? null : [...(toList(before) ?? []), ...(toList(value) ?? [])];
    else out[field] = isConf(value) && isConf(before) ? mergeTwo(before, value) : value;
  }
  return out;
}

const isConf = (value: unknown): value is Conf => typeof value === "object" && value !== null && !Array.isArray(value);
const isListOrNull = (value: unknown): boolean => value === null || Array.isArray(value);
const toList = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? value : undefined);
