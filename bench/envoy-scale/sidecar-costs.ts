/** The whole sidecar as it is shipped: its memory, its start, and a change on its way from the control plane. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Measured } from "../run.ts";
import { type Bed, type Pushed, startBed } from "./bed.ts";
import { promised } from "./floors.ts";
import { CHANGES, policyOfMix, withChange } from "./rules.ts";
import { count, median, megabytes, milliseconds } from "./statistics.ts";

const MAX_AGENT_BYTES = 90e6;
const MAX_START_MS = 150;
const MAX_DELTA_BYTES = 10_000;
const REPEATS = 5;
/** The agent gives memory back when nothing has changed for a second. */
const SETTLE_MS = 4_000;

export async function sidecarCosts(envoy: string, rules: number): Promise<Measured[]> {
  const policy = policyOfMix(rules);
  await leaveCompiledCode(envoy);
  const bed = await startBed(envoy, policy);
  try {
    await sleep(SETTLE_MS);
    const fresh = bed.memory();
    const pushed: Pushed[] = [];
    let current = policy;
    for (let k = 0; k < REPEATS; k++)
      for (const change of CHANGES) {
        current = withChange(current, change, k);
        pushed.push(await bed.push(current));
      }
    await sleep(SETTLE_MS);
    return [...memory(rules, fresh, bed.memory()), start(rules, bed), ...changes(rules, pushed)];
  } finally {
    await bed.close();
  }
}

/** The first sidecar of an installation leaves its compiled code for all others. */
async function leaveCompiledCode(envoy: string): Promise<void> {
  const bed = await startBed(envoy, policyOfMix(10));
  await sleep(6_000);
  await bed.close();
}

function memory(rules: number, fresh: ReturnType<Bed["memory"]>, later: ReturnType<Bed["memory"]>): Measured[] {
  const say = ({ rss, pss }: { readonly rss: number; readonly pss: number }) =>
    `${megabytes(rss)} resident, ${megabytes(pss)} of its own`;
  const changes = REPEATS * CHANGES.length;
  const of = (question: string, agent: number, ours: string): Measured =>
    promised(rules, 1, { question, ours, against: megabytes(MAX_AGENT_BYTES), ratio: agent / MAX_AGENT_BYTES });
  return [
    of(`${count(rules)} rules: memory of the agent`, fresh.agent.rss, say(fresh.agent)),
    of(`${count(rules)} rules: memory of the agent after ${changes} changes`, later.agent.rss, say(later.agent)),
    {
      question: `${count(rules)} rules: memory of the sidecar`,
      ours: `${megabytes(later.agent.pss + later.envoy.pss)} (Envoy ${say(later.envoy)})`,
      against: `as it started: ${megabytes(fresh.agent.pss + fresh.envoy.pss)}`,
      ratio: (later.agent.pss + later.envoy.pss) / (fresh.agent.pss + fresh.envoy.pss),
    },
  ];
}

function start(rules: number, { started: { servesMs, readyMs } }: Bed): Measured {
  return promised(rules, 1, {
    question: "start of the agent, until it serves Envoy",
    ours: `${milliseconds(servesMs)} (until ${count(rules)} rules are enforced: ${milliseconds(readyMs)})`,
    against: milliseconds(MAX_START_MS),
    ratio: servesMs / MAX_START_MS,
  });
}

function changes(rules: number, pushed: readonly Pushed[]): Measured[] {
  const [ack, agent, bytes] = [
    median(pushed.map(({ ackMs }) => ackMs)),
    median(pushed.map(({ agentMs }) => agentMs)),
    Math.max(...pushed.map((one) => one.bytes)),
  ];
  return [
    promised(rules, 1, {
      question: `${count(rules)} rules: bytes from control plane to agent for one change`,
      ours: count(bytes),
      against: count(MAX_DELTA_BYTES),
      ratio: bytes / MAX_DELTA_BYTES,
    }),
    {
      question: `${count(rules)} rules: one changed, control plane to ACK of the sidecar, median of ${pushed.length}`,
      ours: `${milliseconds(ack)} (CPU of the agent ${milliseconds(agent)})`,
      against: "500 ms",
      ratio: ack / 500,
    },
  ];
}
