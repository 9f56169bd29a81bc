/**
 * What rules cost: Envoy's configuration, the whole sidecar, and the traffic through it, with the mix of
 * `bench/rule-mix.ts`. The peer is the classic configuration, one filter chain and one cluster a rule.
 *   npm run bench -- envoy-scale [--rules N]
 * Configurations of 10 to N rules, and the sidecar and traffic with N. Without it: configurations of 10 to 50,000, the rest
 * with 10,000, where the floors apply.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { findEnvoy } from "../src/data-plane/envoy/index.ts";
import { compileTimes } from "./envoy-scale/compile-time.ts";
import { configurationCosts } from "./envoy-scale/configuration-costs.ts";
import { sidecarCosts } from "./envoy-scale/sidecar-costs.ts";
import { trafficCosts } from "./envoy-scale/traffic-costs.ts";
import type { Measured } from "./run.ts";

const SIZES = [10, 100, 1_000, 10_000, 50_000];
const USUAL = 10_000;

export async function run(args: readonly string[]): Promise<readonly Measured[]> {
  const rules = rulesOf(args);
  const envoy = findEnvoy();
  // Builds the bundle where it is old: that is no part of a start.
  spawnSync(join(import.meta.dirname, "..", "bin", "sallyport"), ["--version"]);
  const sizes = args.includes("--rules") ? [...SIZES.filter((size) => size < rules), rules] : SIZES;
  const measured: Measured[] = [];
  for (const [what, part] of [
    ["compiling", async () => compileTimes(rules)],
    ["configurations in Envoy", () => configurationCosts(envoy, sizes)],
    ["the whole sidecar", () => sidecarCosts(envoy, rules)],
    ["traffic", () => trafficCosts(envoy, rules)],
  ] as const) {
    console.error(`  ${what} …`);
    measured.push(...(await part()));
  }
  return measured;
}

function rulesOf(args: readonly string[]): number {
  const at = args.indexOf("--rules");
  if (at < 0) return USUAL;
  const rules = Number(args[at + 1]);
  if (!Number.isInteger(rules) || rules < 10 || rules > 100_000)
    throw new Error("`--rules` takes a whole number from 10 to 100,000");
  return rules;
}
