/** What a configuration costs an Envoy: bytes, memory, the first load, the change of one rule. */
import { type CompiledPolicy, compilePolicy, type HostFacts } from "../../src/data-plane/agent/index.ts";
import type { EffectivePolicy } from "../../src/policy/model/index.ts";
import { type BareEnvoy, freePorts, type Snapshot, startBareEnvoy } from "./bare-envoy.ts";
import { CHANGES, type Change, policyOfMix, proxyPolicy, withChange } from "./rules.ts";
import { median } from "./statistics.ts";

/** Something that makes a configuration of a policy. */
export interface Side {
  compile(policy: EffectivePolicy): Snapshot;
  /** Does its bootstrap make statistics on first use? */
  readonly deferredStats: boolean;
}

/** What one configuration costs. */
export interface MeasuredCost {
  /** Encoded resources, as they go over the wire. */
  readonly bytes: number;
  readonly bytesByType: { readonly listeners: number; readonly routes: number; readonly clusters: number };
  /** Bytes on Envoy's heap, and resident, beyond an Envoy without any. */
  readonly allocated: number;
  readonly rss: number;
  /** From the first byte sent to the last acknowledgement. */
  readonly firstLoadMs: number;
  readonly changeMs: Readonly<Record<Change, number>>;
  /** CPU of Envoy's main thread for one change. */
  readonly mainMs: Readonly<Record<Change, number>>;
}

const REPEATS = 9;
/** As many as fit into this, but at least one. */
const BUDGET_MS = 60_000;

/** This project's. */
export async function matcherSide(): Promise<Side> {
  const [fixedOutboundPort = 0, rawPort = 0] = await freePorts(2);
  const identity = { kind: "mark", mark: 1 } as const;
  const host: HostFacts = { identity, fixedOutboundPort, rawPort, resolvers: [], ipv6: true };
  let latest: CompiledPolicy | undefined;
  return {
    compile(policy) {
      latest = compilePolicy(proxyPolicy(policy), host, [], latest);
      return latest.snapshot;
    },
    deferredStats: true,
  };
}

/** Each side in an Envoy of its own, all at once; what is repeated is done by turns. Times are the shortest seen. */
export async function costs(binary: string, sides: readonly Side[], rules: number): Promise<MeasuredCost[]> {
  const envoys: BareEnvoy[] = [];
  try {
    for (const { deferredStats } of sides) envoys.push(await startBareEnvoy(binary, { deferredStats }));
    const policy = policyOfMix(rules);
    const first = await inTurn(sides, envoys, async ({ compile }, envoy) => {
      const snapshot = compile(policy);
      const { ackMs } = await envoy.give(snapshot);
      return { bytesByType: sizesOf(snapshot), firstLoadMs: ackMs, ...(await envoy.memory()) };
    });
    const firstLoadMs = await firstLoads(binary, sides, policy, rules);
    const seen = sides.map(() => ({ ack: noTimes(), main: noTimes() }));
    let current = policy;
    const started = performance.now();
    for (let k = 0; k < REPEATS && (k === 0 || performance.now() - started < BUDGET_MS); k++)
      for (const change of CHANGES) {
        current = withChange(current, change, k);
        const next = current;
        const updates = await inTurn(sides, envoys, ({ compile }, envoy) => envoy.give(compile(next)));
        for (const [i, { ackMs, mainMs }] of updates.entries()) {
          seen[i]?.ack[change].push(ackMs);
          seen[i]?.main[change].push(mainMs);
        }
      }
    return first.map(({ bytesByType, ...one }, i) => ({
      ...one,
      firstLoadMs: Math.min(one.firstLoadMs, ...firstLoadMs.map((times) => times[i] ?? one.firstLoadMs)),
      bytesByType,
      bytes: bytesByType.listeners + bytesByType.routes + bytesByType.clusters,
      changeMs: summed(seen[i]?.ack ?? noTimes(), (times) => Math.min(...times)),
      mainMs: summed(seen[i]?.main ?? noTimes(), median),
    }));
  } finally {
    for (const envoy of envoys) await envoy.close();
  }
}

const FIRST_LOADS = 3;
/** Where the other side takes longer, once has to do. */
const FEW_ENOUGH = 10_000;

/** Further first loads, each in an Envoy that has none yet: for each time those of all sides. */
async function firstLoads(
  binary: string,
  sides: readonly Side[],
  policy: EffectivePolicy,
  rules: number,
): Promise<number[][]> {
  const loads: number[][] = [];
  for (let again = 1; again < FIRST_LOADS && rules <= FEW_ENOUGH; again++) {
    const times: number[] = [];
    for (const { compile, deferredStats } of sides) {
      const envoy = await startBareEnvoy(binary, { deferredStats });
      try {
        times.push((await envoy.give(compile(policy))).ackMs);
      } finally {
        await envoy.close();
      }
    }
    loads.push(times);
  }
  return loads;
}

const noTimes = (): Record<Change, number[]> => ({ tls: [], http: [], tcp: [] });

const summed = (times: Record<Change, number[]>, sum: (times: number[]) => number): Record<Change, number> => ({
  tls: sum(times.tls),
  http: sum(times.http),
  tcp: sum(times.tcp),
});

async function inTurn<R>(
  sides: readonly Side[],
  envoys: readonly BareEnvoy[],
  step: (side: Side, envoy: BareEnvoy) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (const [i, side] of sides.entries()) {
    const envoy = envoys[i];
    if (envoy !== undefined) results.push(await step(side, envoy));
  }
  return results;
}

function sizesOf({ listeners, routes, clusters }: Snapshot): MeasuredCost["bytesByType"] {
  const size = (set: Snapshot["listeners"]) => [...set.values()].reduce((sum, { field }) => sum + field.length, 0);
  return { listeners: size(listeners), routes: size(routes), clusters: size(clusters) };
}
