import { decide } from "../decide/index.ts";
import type { Connection, Dataplane, EffectivePolicy, NotEnforced, Verdict } from "../model/index.ts";
import { difference, intersection, policySpace, type Space, witness } from "../space/index.ts";
import { isAbout, spaceOfStatement } from "./class-space.ts";
import type { Statement } from "./statement.ts";

/** A proxy and what it enforces. */
export interface TestedProxy {
  readonly dataplane: Dataplane;
  readonly effective: EffectivePolicy;
}

/** Why a statement does not hold of a proxy. */
export type Refutation =
  /** Nothing is enforced there, so nothing is proved, whatever the statement. */
  | { readonly proxy: TestedProxy; readonly kind: "not enforced"; readonly not: NotEnforced }
  /** `decide` says of this connection what the statement says of none. */
  | {
      readonly proxy: TestedProxy;
      readonly kind: "counter-example";
      readonly example: Connection;
      readonly verdict: Verdict;
    };

/** What became of a statement. It holds if it is about some proxy and none refutes it. */
export interface StatementOutcome {
  readonly kind: "statement";
  readonly statement: Statement;
  readonly passed: boolean;
  /** The proxies that it is about. */
  readonly proxies: readonly TestedProxy[];
  readonly refuted: readonly Refutation[];
}

/** Proved or refuted for each proxy that it is about. Exact: a statement that holds has no exception. */
export function runStatement(statement: Statement, all: readonly TestedProxy[]): StatementOutcome {
  const proxies = all.filter(({ dataplane }) => isAbout(statement.for, dataplane));
  const meant = spaceOfStatement(statement);
  const refuted = proxies.flatMap((proxy) => refute(statement, meant, proxy));
  return { kind: "statement", statement, passed: proxies.length > 0 && refuted.length === 0, proxies, refuted };
}

function refute({ claim }: Statement, meant: Space, proxy: TestedProxy): readonly Refutation[] {
  const { effective } = proxy;
  if (effective.enforced !== true) return [{ proxy, kind: "not enforced", not: effective.enforced.not }];
  const allowed = policySpace(effective);
  const against = {
    no: () => intersection(allowed, meant),
    only: () => difference(allowed, meant),
    every: () => difference(meant, allowed),
  };
  const example = witness(against[claim]());
  return example === undefined
    ? []
    : [{ proxy, kind: "counter-example", example, verdict: decide(effective, example) }];
}
