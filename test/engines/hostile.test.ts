/**
 * A workload that wants out sends what no library sends, against the real Envoy: each input gets what
 * docs/reference/hostile-input.md says, nothing that the rules deny reaches a destination, Envoy's memory and
 * descriptors stay within bounds, and others are served beside it.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { policyOf } from "../e2e/sidecar-bed.ts";
import { FLOODED, FLOODS } from "./hostile/floods.ts";
import { documented, documentedFloods } from "./hostile/page.ts";
import { OWN, ROWS } from "./hostile/rows.ts";
import { hostsOf, observe, RULES, type Scene, startScene } from "./hostile/scene.ts";
import { describeReal, envoys } from "./requirements.ts";

const AT_A_TIME = 6;
const MIB = 1 << 20;
const SPARE_DESCRIPTORS = 5;
const ALLOWED_HOST = /^(?:[a-z0-9-]+\.)*example\.com(?::\d+)?$/;

/** What the oldest Envoy does otherwise; the page says so too. */
const OLDEST: Readonly<Record<string, object>> = {
  "a hello of SSL 3.0": { answer: "passes", reaches: "its bytes" },
};

let scene: Scene;

/** What is allowed is served, whatever else goes on. */
async function expectService(): Promise<void> {
  for (const text of [
    "tls://api.example.com:443@203.0.113.250",
    "http://a.example.com:80@203.0.113.251",
    "opaque://203.0.113.252:9000",
  ]) {
    const { answer, exchanges } = await scene.bed.probe(text);
    expect([text, answer, exchanges]).toEqual([text, "pass", expect.anything()]);
  }
  expect((await scene.bed.probe("tls://evil.test:443@203.0.113.253")).answer).toBe("reset");
}

for (const { name, binary, missing } of envoys.filter(({ name }) => /newest|oldest/.test(name)))
  describeReal(`hostile input to the ${name}`, missing, () => {
    let pid = 0;
    beforeAll(async () => {
      scene = await startScene(binary, { maxConnections: 6_000 });
      pid = scene.usage().pid;
    }, 60_000);
    afterAll(async () => {
      await scene?.close();
    });

    test("each gets what the page says, and what is denied sends not one packet", { timeout: 300_000 }, async () => {
      const expected = documented();
      const found = new Map<string, object>();
      const escaped: string[] = [];
      const queue = [...ROWS.entries()].values();
      await Promise.all(
        Array.from({ length: AT_A_TIME }, async () => {
          for (const [i, row] of queue) {
            const { syns, ...seen } = await observe(scene, row, `203.0.113.${10 + i}`);
            found.set(row.name, seen);
            if (syns > 0 && row.mayReach === undefined) escaped.push(row.name);
          }
        }),
      );
      expect(escaped).toEqual([]);
      expect(new Set(found.keys()).size).toBe(ROWS.length);
      const own = new Set(OWN.map((row) => row.name));
      const page = [...expected].filter(([input]) => !own.has(input));
      const differs = name.startsWith("oldest") ? OLDEST : {};
      expect(Object.fromEntries(found)).toEqual({ ...Object.fromEntries(page), ...differs });
      const hosts = hostsOf(await scene.bed.testbed.destinations.records());
      expect(hosts.length).toBeGreaterThan(10);
      expect(hosts.filter((host) => !ALLOWED_HOST.test(host))).toEqual([]);
      expect(scene.usage()).toMatchObject({ pid });
      expect(scene.usage().bytes).toBeLessThan(300 * MIB);
      await expectService();
    });

    test("its own listeners answer nobody, in mode All too, where every rule would admit them", async () => {
      await scene.bed.push(policyOf("All"));
      const expected = documented();
      for (const row of OWN) {
        const { answer, reaches } = await observe(scene, row, row.to ?? "");
        expect({ input: row.name, answer, reaches }).toEqual({ input: row.name, ...expected.get(row.name) });
      }
      expect(scene.usage()).toMatchObject({ pid });
      expect(scene.usage().descriptors).toBeLessThan(1_000);
      await scene.bed.push(policyOf("Matched", ...RULES));
      await expectService();
    });

    test("floods take no more of Envoy than the page says, and others are served beside them", {
      timeout: 400_000,
    }, async () => {
      const bounds = documentedFloods();
      expect([...bounds.keys()].sort()).toEqual(FLOODS.map((flood) => flood.name).sort());
      for (const { name: flood, attack, isDenied } of FLOODS) {
        const before = scene.usage();
        const during = await scene.peak(() => attack(scene));
        await expectService();
        expect(during).toMatchObject({ pid });
        const { bytes = 0, descriptors = 0 } = bounds.get(flood) ?? {};
        expect({ flood, mib: (during.bytes - before.bytes) / MIB }).toSatisfy(({ mib }) => mib < bytes / MIB);
        expect({ flood, more: during.descriptors - before.descriptors }).toSatisfy(({ more }) => more <= descriptors);
        await scene.release();
        // an idle connection or two to a destination may be kept for reuse
        await expect
          .poll(() => scene.usage().descriptors - before.descriptors, { timeout: 30_000 })
          .toBeLessThanOrEqual(SPARE_DESCRIPTORS);
        const packets = await scene.bed.testbed.destinations.packets();
        expect(isDenied ? packets.filter(({ ip }) => ip === FLOODED) : []).toEqual([]);
      }
    });
  });
