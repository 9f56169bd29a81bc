/** A minute of `npm run soak`. SALLYPORT_SOAK_SECONDS makes it longer. */
import { expect, test } from "vitest";
import { soak } from "../../bench/soak/soak.ts";
import { describeReal, envoys } from "../engines/requirements.ts";

const SECONDS = Number(process.env.SALLYPORT_SOAK_SECONDS ?? 60);

for (const { name, binary: envoy, missing } of envoys.slice(0, 1))
  describeReal(`soak of the ${name}`, missing, () => {
    test(`${SECONDS} s`, { timeout: SECONDS * 1_000 + 120_000 }, async () => {
      const soaked = await soak({ envoy, seconds: SECONDS, seed: 20_261_122, perSecond: 60 });
      const { wrongVerdicts, lostLines, lostConnections, growth, ...counts } = soaked;
      expect({ wrongVerdicts, lostLines, lostConnections }).toEqual({
        wrongVerdicts: [],
        lostLines: [],
        lostConnections: [],
      });
      expect(growth.filter(({ isLeak }) => isLeak)).toEqual([]);
      // else nothing was tried
      expect(counts.edits).toBeGreaterThan(SECONDS / 10);
      expect(Math.min(counts.allowed, counts.denied)).toBeGreaterThan(SECONDS);
    });
  });
