/**
 * Selecting and merging for 10,000 proxies of 500 services: 1,000 policies of 10 rules each, 900 of them for one service
 * (some with another tag, or for any service of a version), the rest for the whole mesh. First all at once: 1 s. Then one
 * changed policy, until what each affected proxy enforces is known: 10 ms, for one that selects a service and for one that
 * selects every proxy. The limits are on the time of the processor, which other work on the machine changes little.
 *   npm run bench -- select-merge [--proxies N]     N: default 10,000
 */
import { isDeepStrictEqual } from "node:util";
import { EffectiveIndex, effectivePolicy } from "../src/policy/merge/index.ts";
import {
  type Dataplane,
  type MeshPassthrough,
  parseRule,
  type Rule,
  type TargetRef,
} from "../src/policy/model/index.ts";
import { median } from "./cli-start.ts";
import { mixedRule } from "./rule-mix.ts";
import type { Measured } from "./run.ts";

const POLICIES = 1_000;
const RULES = 10;
const SERVICES = 500;
const ALL_LIMIT_MS = 1_000;
const CHANGE_LIMIT_MS = 10;
const ROUNDS = 5;
const CHANGES = 50;

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

export async function run(args: readonly string[]): Promise<readonly Measured[]> {
  const proxies = Array.from({ length: proxiesOf(args) }, (_, n) => proxy(n));
  const policies = Array.from({ length: POLICIES }, (_, n) => policy(n));
  let index = new EffectiveIndex();
  const all = Array.from({ length: ROUNDS }, () =>
    time(() => {
      index = new EffectiveIndex();
      for (const one of policies) index.putPolicy({ ...one }); // another object: nothing is known of it from the round before
      for (const one of proxies) index.putProxy(one);
      if (index.refresh().length !== proxies.length) throw new Error("proxies are missing");
    }),
  );
  expectSound(index, policies, proxies);
  const distinct = `${index.distinct} different effective policies`;
  return [
    answer(`selecting and merging, ${proxies.length} proxies, ${POLICIES} policies (${distinct})`, all, ALL_LIMIT_MS),
    answer(...changes("one changed policy of a service", index, policies, proxies, 100), CHANGE_LIMIT_MS),
    answer(...changes("one changed policy of the whole mesh", index, policies, proxies, 0), CHANGE_LIMIT_MS),
    newTag(index, policies, proxies),
  ];
}

/** Each policy from the given one on loses a rule, one at a time. */
function changes(
  what: string,
  index: EffectiveIndex,
  policies: MeshPassthrough[],
  proxies: readonly Dataplane[],
  from: number,
): [string, readonly Cost[]] {
  let affected = 0;
  const costs: Cost[] = [];
  for (let n = from; n < from + CHANGES; n++) {
    const before = policies[n];
    if (before === undefined) throw new Error("no such policy");
    const changed = { ...before, rules: before.rules.slice(1) };
    policies[n] = changed;
    costs.push(
      time(() => {
        index.putPolicy(changed);
        affected = index.refresh().length;
      }),
    );
  }
  expectSound(index, policies, proxies);
  return [`${what}, until what ${affected} proxies enforce is known`, costs];
}

/** A tag that no policy asked for until now tells apart proxies that were alike. Nothing is promised of it. */
function newTag(index: EffectiveIndex, policies: MeshPassthrough[], proxies: readonly Dataplane[]): Measured {
  const one = { ...policy(POLICIES), targetRef: { kind: "MeshSubset", tags: { pod: "pod-7" } } } as const;
  const [there, back] = [
    time(() => {
      index.putPolicy(one);
      index.refresh();
    }),
    time(() => {
      index.deletePolicy(one.meta.name);
      index.refresh();
    }),
  ];
  expectSound(index, policies, proxies);
  const { question, ours, against, ratio } = answer(
    "a policy for a tag that no other asks for",
    [there],
    CHANGE_LIMIT_MS,
  );
  return { question, ours: `${ours}; taken away again ${back.cpuMs.toFixed(1)} ms`, against, ratio };
}

/** A sample of the proxies against what is computed from scratch. */
function expectSound(index: EffectiveIndex, policies: readonly MeshPassthrough[], proxies: readonly Dataplane[]): void {
  for (let n = 0; n < proxies.length; n += 997) {
    const dataplane = proxies[n];
    if (dataplane === undefined) continue;
    const [ours, anew] = [index.of(dataplane.meta.name)?.effective, effectivePolicy(undefined, policies, dataplane)];
    if (!isDeepStrictEqual(ours, anew)) throw new Error(`${dataplane.meta.name} is wrong`);
  }
}

function answer(question: string, costs: readonly Cost[], limitMs: number): Measured {
  const cpu = median(costs.map(({ cpuMs }) => cpuMs));
  const wall = median(costs.map(({ wallMs }) => wallMs));
  return {
    question,
    ours: `${cpu.toFixed(1)} ms of the processor, ${wall.toFixed(1)} ms on the clock (median of ${costs.length})`,
    against: `${limitMs} ms promised`,
    ratio: cpu / limitMs,
    limit: 1,
  };
}

function time(action: () => void): Cost {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  action();
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs: performance.now() - wall, cpuMs: (user + system) / 1000 };
}

function proxy(n: number): Dataplane {
  const name = `pod-${n}`;
  return {
    type: "Dataplane",
    meta: {
      form: "universal",
      mesh: "default",
      name,
      displayName: name,
      labels: { "kuma.io/mesh": "default" },
      annotations: {},
    },
    address: `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`,
    inbound: [
      {
        port: 8080,
        tags: {
          "kuma.io/service": `service-${n % SERVICES}`,
          version: `v${n % 2}`,
          pod: name,
          "kuma.io/protocol": "http",
        },
      },
    ],
    transparentProxying: { redirectPortOutbound: 15001, redirectPortInbound: 15006, ipFamilyMode: "UnSpecified" },
  };
}

/** Of ten policies one is for the whole mesh; of those for a service some ask for a version too. */
function target(n: number): TargetRef | undefined {
  const service = { "kuma.io/service": `service-${n % SERVICES}` };
  if (n < POLICIES / 10) return n % 2 === 0 ? undefined : { kind: "Mesh", proxyTypes: ["Sidecar"] };
  if (n % 50 === 2) return { kind: "MeshSubset", tags: { "kuma.io/service": "*", version: "v1" } };
  return { kind: "MeshSubset", tags: n % 10 === 1 ? { ...service, version: "v1" } : service };
}

function policy(n: number): MeshPassthrough {
  const targetRef = target(n);
  const name = `policy-${n}`;
  return {
    type: "MeshPassthrough",
    meta: {
      form: "universal",
      mesh: "default",
      name,
      displayName: name,
      labels: { "kuma.io/mesh": "default" },
      annotations: {},
    },
    ...(targetRef === undefined ? {} : { targetRef }),
    mode: "Matched",
    rules: Array.from({ length: RULES }, (_, i) => ruleOf(n * RULES + i)),
  };
}

function ruleOf(i: number): Rule {
  const parsed = parseRule(mixedRule(i));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

function proxiesOf(args: readonly string[]): number {
  const at = args.indexOf("--proxies");
  if (at < 0) return 10_000;
  const proxies = Number(args[at + 1]);
  if (!Number.isInteger(proxies) || proxies < SERVICES || proxies > 1_000_000)
    throw new Error(`\`--proxies\` takes a whole number from ${SERVICES} to 1,000,000`);
  return proxies;
}
