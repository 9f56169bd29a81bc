import type { Conflict } from "./conflicts.ts";
import type { Trial } from "./trial.ts";

/** Does Envoy take exactly these rules? */
export type TryRules = (rules: readonly string[]) => Promise<Trial>;

export type Found =
  /** Without the last rule of each, Envoy takes the rest. */
  | { readonly kind: "found"; readonly conflicts: readonly Conflict[] }
  /** What was found until then; the search ended early, or its finding would not hold. */
  | { readonly kind: "not found"; readonly why: string; readonly conflicts: readonly Conflict[] };

/**
 * Which of these rules Envoy rejects, by halving. `rules`: no two alike, those that Envoy had before first; `taken`: how
 * many these are. A rule is named alone if it is rejected alone, else with the least others that make it so. Assumes
 * that what is rejected stays so with more rules; where that is wrong, it is seen at the end and nothing is left out.
 *
 *   rules in order:  taken … | … first rejected prefix ends here ─▶ its last rule takes part ─▶ alone? with which others?
 *                                                                   and on, without it
 */
export async function findConflicts(rules: readonly string[], taken: number, tryRules: TryRules): Promise<Found> {
  const conflicts: Conflict[] = [];
  try {
    await find([...rules], taken, asker(tryRules), conflicts);
    return { kind: "found", conflicts };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { kind: "not found", why: error.message, conflicts };
  }
}

/** Ends a search from any depth; never leaves this file. */
class Stop extends Error {}

/** Envoy's words if it rejects the rules. */
type Ask = (rules: readonly string[]) => Promise<string | undefined>;

const asker =
  (tryRules: TryRules): Ask =>
  async (rules) => {
    const trial = await tryRules(rules);
    if (trial.kind === "unknown") throw new Stop(trial.why);
    return trial.kind === "rejected" ? trial.why : undefined;
  };

async function find(rules: string[], taken: number, ask: Ask, conflicts: Conflict[]): Promise<void> {
  let why = await ask(rules);
  if (why === undefined) throw new Stop("a throw-away Envoy takes it, so no rule is at fault");
  let good = taken > 0 && (await ask(rules.slice(0, taken))) === undefined ? taken : 0;
  if (good === 0) {
    const always = await ask([]);
    if (always !== undefined) throw new Stop(`a throw-away Envoy rejects it without any rule, too: ${always}`);
  }
  while (why !== undefined) {
    const end = await firstRejected(rules, good, why, ask);
    const others = rules.slice(0, end.length - 1);
    const [last] = rules.splice(end.length - 1, 1);
    if (last === undefined) throw new Stop("the search went past the last rule");
    conflicts.push(await smallest(others, last, end.why, ask));
    good = others.length;
    why = good === rules.length ? undefined : await ask(rules);
  }
}

interface Prefix {
  readonly length: number;
  readonly why: string;
}

/** The shortest prefix that is rejected: `good` are taken, all are rejected. Near ones first: offenders come together. */
async function firstRejected(rules: readonly string[], good: number, why: string, ask: Ask): Promise<Prefix> {
  let low = good;
  let high: Prefix = { length: rules.length, why };
  for (let step = 1; low + step < high.length; step *= STRIDE) {
    const refused = await ask(rules.slice(0, low + step));
    if (refused === undefined) low += step;
    else high = { length: low + step, why: refused };
  }
  while (high.length - low > 1) {
    const middle = (low + high.length) >> 1;
    const refused = await ask(rules.slice(0, middle));
    if (refused === undefined) low = middle;
    else high = { length: middle, why: refused };
  }
  return high;
}

const STRIDE = 8;

/** The least of `others` without which `last` would be taken. All of them with it are rejected. */
async function smallest(others: readonly string[], last: string, why: string, ask: Ask): Promise<Conflict> {
  const needed: string[] = [];
  let rest = others;
  let words = why;
  for (;;) {
    const alone = await ask([...needed, last]);
    if (alone !== undefined) return { rules: [...needed, last], why: alone };
    if (rest.length === 0) throw new Stop(`a throw-away Envoy rejects and takes the same rules: ${words}`);
    let low = 0;
    let high = rest.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      const refused = await ask([...rest.slice(0, middle), ...needed, last]);
      if (refused === undefined) low = middle;
      else [high, words] = [middle, refused];
    }
    needed.unshift(...rest.slice(high - 1, high));
    rest = rest.slice(0, high - 1);
  }
}
