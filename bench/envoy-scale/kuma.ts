/** How long Kuma 2.9.13's generator takes for the same rules, on the machine that {@link CALIBRATION} describes. */
import { createHash } from "node:crypto";
import { ruleMix } from "../rule-mix.ts";
import { milliseconds, shortest } from "./statistics.ts";

/** Kuma's generator, one thread, best of five: the policy's resources alone, and from the changed policy to bytes. */
export const GENERATOR: ReadonlyMap<number, { readonly resourcesMs: number; readonly policyToBytesMs: number }> =
  new Map([
    [100, { resourcesMs: 1.18, policyToBytesMs: 1.68 }],
    [1_000, { resourcesMs: 12.7, policyToBytesMs: 17.3 }],
    [10_000, { resourcesMs: 155.8, policyToBytesMs: 213.7 }],
  ]);

/** Best of nine on that machine: `JSON.parse` of the 10,000 rules, and one SHA-256 over 64 MiB. */
const CALIBRATION = { parseMs: 2.7, digestMs: 48 };
const ROUNDS = 9;

/**
 * What Kuma's times there have to be multiplied with to stand beside ours here, and a note that says so. Where this
 * machine seems the faster one its speed is taken off; where it seems the slower one, Kuma is given nothing for it.
 */
export function factorToThisMachine(): { readonly factor: number; readonly said: string } {
  const rules = JSON.stringify(ruleMix(10_000));
  const block = Buffer.alloc(64 << 20, 7);
  const parseMs = shortest(ROUNDS, () => JSON.parse(rules));
  const digestMs = shortest(ROUNDS, () => createHash("sha256").update(block).digest());
  const slowness = Math.sqrt((parseMs / CALIBRATION.parseMs) * (digestMs / CALIBRATION.digestMs));
  const factor = Math.min(1, slowness);
  const calibration = `JSON.parse ${milliseconds(parseMs)} and SHA-256 ${milliseconds(digestMs)} here, ${milliseconds(CALIBRATION.parseMs)} and ${milliseconds(CALIBRATION.digestMs)} there`;
  return { factor, said: ` on another machine (${calibration}: taken times ${factor.toFixed(2)})` };
}
