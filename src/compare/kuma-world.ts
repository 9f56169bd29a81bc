import { classicForProxy, type KumaMerging, kumaPolicy, outboundName } from "../compile/classic/index.ts";
import { compileEnvoy, NAMES } from "../compile/envoy/index.ts";
import { buildTable } from "../compile/table/index.ts";
import type { Dataplane, EffectivePolicy, Mesh, MeshPassthrough } from "../policy/model/index.ts";
import { type Answer, type Arrival, type EnvoyModel, modelOf } from "../simulate/index.ts";
import { DIFFERENCES, type Difference } from "./differences.ts";
import { type Differences, reaches } from "./kuma-verdict.ts";

/** One proxy, as Kuma has it and as it is documented. */
export interface KumaWorld {
  readonly dataplane: Dataplane;
  /** As merged here. */
  readonly documented: EffectivePolicy;
  /** As merged by Kuma. */
  readonly kuma: EffectivePolicy;
  /** Kuma's error, where it generates nothing for the proxy. */
  readonly error: string | undefined;
  readonly model: EnvoyModel;
  /** Does an arrival reach its destination, with these differences put in? Slow: it asks every rule. */
  readonly reaches: (arrival: Arrival, on: Differences) => boolean;
  /** Does it by the documentation? As the model of our own Envoy has it, which laws hold against `decide`. */
  readonly isDocumented: (arrival: Arrival) => boolean;
  /** What Kuma's Envoy does with it, by the model; undefined where nothing redirects it to Envoy. */
  readonly answer: (arrival: Arrival) => Answer | undefined;
}

/** None of it decides anything. */
const OURS = { outboundPort: 15_001, inspectionTimeoutMs: 500, accessLog: "stdout" } as const;

/** All that comparisons of one proxy need. `policies` may hold any; labels are computed. */
export function kumaWorld(
  mesh: Mesh | undefined,
  policies: readonly MeshPassthrough[],
  dataplane: Dataplane,
): KumaWorld {
  const merged = (merging: KumaMerging): EffectivePolicy => kumaPolicy(mesh, policies, dataplane, merging);
  const documented = merged({ D1: false, D10: false });
  const kuma = merged({ D1: true, D10: true });
  const between = { D1: merged({ D1: true, D10: false }), D10: merged({ D1: false, D10: true }) };
  const { resources, error } = classicForProxy(mesh, policies, dataplane);
  const model = modelOf({ ...resources, routes: [] });
  const ours = modelOf(compileEnvoy(buildTable(documented), OURS));
  const policyWith = (on: Differences): EffectivePolicy => {
    if (on.has("D1")) return on.has("D10") ? kuma : between.D1;
    return on.has("D10") ? between.D10 : documented;
  };
  return {
    dataplane,
    documented,
    kuma,
    error,
    model,
    reaches: (arrival, on) => reaches(policyWith(on), arrival, on),
    isDocumented: (arrival) => ours.answer(NAMES.out, arrival) === "admitted",
    answer: (arrival) =>
      model.answer(outboundName(arrival.connection.destination.ip.family === 4 ? "ipv4" : "ipv6"), arrival),
  };
}

/** The fewest differences that turn the documented verdict into Kuma's; none where the verdicts agree. */
export function explain({ reaches }: Pick<KumaWorld, "reaches">, arrival: Arrival): readonly Difference[] {
  const kuma = reaches(arrival, new Set(DIFFERENCES));
  for (let size = 0; size <= DIFFERENCES.length; size++)
    for (const some of subsets(DIFFERENCES, size)) if (reaches(arrival, new Set(some)) === kuma) return some;
  return DIFFERENCES;
}

function* subsets<T>([first, ...rest]: readonly T[], size: number): Generator<readonly T[]> {
  if (size === 0) yield [];
  else if (first !== undefined) {
    for (const some of subsets(rest, size - 1)) yield [first, ...some];
    yield* subsets(rest, size);
  }
}
