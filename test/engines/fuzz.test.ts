/**
 * A slice of `npm run fuzz -- --envoy`: random policies through one running Envoy, edits between, and connections near their
 * boundaries; and Kuma's configurations, so that the model they are compared by is held against the real one.
 */
import { expect, test } from "vitest";
import { compareRealClassic } from "../../bench/fuzz/real-classic.ts";
import { compareRealEnvoy } from "../../bench/fuzz/real-envoy.ts";
import { renderCase } from "../../bench/fuzz/render-case.ts";
import { describeReal, envoys } from "./requirements.ts";

const SEED = 20_261_122;
const CONNECTIONS = 300;
const CLASSIC_CONNECTIONS = 120;

for (const { name, binary: envoy, missing } of envoys)
  describeReal(`random policies through the ${name}`, missing, () => {
    test("real Envoy and `decide` agree", async () => {
      const isOver = (done: number): boolean => done >= CONNECTIONS;
      const { pairs, found } = await compareRealEnvoy({ envoy, seed: SEED, perPolicy: 30, isOver });
      expect(found === undefined ? "" : `# ${found.what}\n${renderCase(found)}`).toBe("");
      expect(pairs).toBeGreaterThanOrEqual(CONNECTIONS);
    });

    test("real Envoy and the model of Kuma's filter chains agree", async () => {
      const isOver = (done: number): boolean => done >= CLASSIC_CONNECTIONS;
      const { pairs, found } = await compareRealClassic({ envoy, seed: SEED, perPolicy: 30, isOver });
      expect(found === undefined ? "" : `# ${found.what}\n${renderCase(found)}`).toBe("");
      expect(pairs).toBeGreaterThanOrEqual(CLASSIC_CONNECTIONS);
    });
  });
