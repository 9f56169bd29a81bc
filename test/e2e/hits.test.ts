/**
 * Every connection is counted, once and under its rule, whoever is killed meanwhile: a real Envoy, thousands of
 * connections of every kind, allowed and denied in turn.
 */
import { execFile } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bytesTo, httpTo, startTraffic, type Target, type Traffic, tlsTo } from "../../bench/envoy-scale/traffic.ts";
import { askAdmin } from "../../src/data-plane/envoy/index.ts";
import { askSidecar, type DeniedView, type HitsView } from "../../src/data-plane/hits/index.ts";
import { describeReal, envoys } from "../engines/requirements.ts";
import { pause, policyOf, type SidecarBed, type SidecarProcess, startSidecarBed } from "./sidecar-bed.ts";

/** Connections to each destination in each of the two loads; a run of its own takes thousands. */
const COUNT = Number(process.env.SALLYPORT_HITS_COUNT ?? "150");
const SALLYPORT = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const RULES = [
  "tls Domain api.example.com 443",
  "tls Domain *.example.com 443",
  "http Domain web.example.com 80",
  "tcp CIDR 203.0.113.0/24 9000",
  "tls Domain unused.example.com 443",
];
const ALLOWED: readonly Target[] = [
  tlsTo("api.example.com"),
  tlsTo("other.example.com"),
  httpTo("web.example.com"),
  bytesTo("203.0.113.1", 9000),
];
const DENIED: readonly Target[] = [
  tlsTo("evil.test"),
  httpTo("evil.test"),
  // enough of it that it cannot become a ClientHello
  { ...bytesTo("203.0.113.1", 9001), bytes: "neither TLS nor HTTP\r\n" },
];

let bed: SidecarBed;
let sidecar: SidecarProcess;
let traffic: Traffic;
let deniedLog: string;
/** What each target has been sent so far. */
let sent: Map<Target, number>;

const view = async <V>(path: string): Promise<V> => JSON.parse(await askSidecar(bed.stateFolder, path));
const hitsOf = async () => {
  const { rules } = await view<HitsView>("/hits");
  return rules.map(({ value, hits, only, open }) => ({ value, hits, only, open }));
};

/** All of it sent and answered, or refused; resolves when the agent has read on to the end. */
async function send(count: number): Promise<void> {
  for (const target of [...ALLOWED, ...DENIED]) {
    const isAllowed = ALLOWED.includes(target);
    const { answered, failed } = await traffic.load({ target, parallel: 16, count });
    // a denied request is answered, with 503
    const [wanted, got] = isAllowed || target.port === 80 ? [count, answered] : [count, failed];
    expect([target.port, got]).toEqual([target.port, wanted]);
    sent.set(target, (sent.get(target) ?? 0) + count);
  }
}
const total = (targets: readonly Target[]): number => targets.reduce((sum, one) => sum + (sent.get(one) ?? 0), 0);

/** Waits until as many are counted as were sent; more would be found as well. */
async function settle(): Promise<void> {
  for (const until = performance.now() + 60_000; performance.now() < until; await pause(500)) {
    const { total: denied, records } = await view<DeniedView>("/denied");
    const hits = (await hitsOf()).reduce((sum, { only }) => sum + only, 0);
    if (
      denied >= total(DENIED) &&
      hits >= total(ALLOWED) - (sent.get(ALLOWED[0] ?? fail()) ?? 0) &&
      records.behind === 0
    )
      break;
  }
  await pause(500);
}

const fail = (): never => {
  throw new Error("impossible: the list is not empty");
};

async function expectAllCounted(): Promise<void> {
  const per = total(ALLOWED) / ALLOWED.length;
  const stats = await askAdmin(join(bed.stateFolder, "run/admin.sock"), "/stats?filter=filesystem.write_buffered");
  const { records: seen } = await view<HitsView>("/hits");
  expect(`filesystem.write_buffered: ${seen.read}\n`).toBe(stats);
  expect(await hitsOf()).toEqual([
    { value: "api.example.com", hits: per, only: 0, open: 0 },
    { value: "*.example.com", hits: 2 * per, only: per, open: 0 },
    { value: "web.example.com", hits: per, only: per, open: 0 },
    { value: "203.0.113.0/24", hits: per, only: per, open: 0 },
    { value: "unused.example.com", hits: 0, only: 0, open: 0 },
  ]);
  const { total: denied, reasons, places, records } = await view<DeniedView>("/denied");
  expect([denied, reasons]).toEqual([total(DENIED), { "no rule": total(DENIED) }]);
  expect(places.map(({ connection, count, now }) => [connection, count, now]).sort()).toEqual([
    ["http://evil.test:80@203.0.113.1", per, "denied"],
    ["opaque://203.0.113.1:9001", per, "denied"],
    ["tls://evil.test:443@203.0.113.1", per, "denied"],
  ]);
  expect([records.lost, records.unread, records.behind]).toEqual([0, 0, 0]);
}

/** Numbers of the records in the report. */
const reported = (): number[] =>
  readFileSync(deniedLog, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === "denied")
    .map(({ record }) => record);

for (const { name, binary, missing } of envoys)
  describeReal(`hits with the ${name}`, missing, () => {
    const start = async () => {
      sidecar = await bed.sidecar({ logFile: deniedLog });
      await sidecar.until((line) => "ready" in line && line.envoy === undefined);
    };
    beforeAll(async () => {
      bed = await startSidecarBed(binary);
      traffic = await startTraffic(bed.testbed);
      sent = new Map();
      deniedLog = join(bed.stateFolder, "../denied.log");
      sidecar = await bed.sidecar({ logFile: deniedLog });
      expect(await bed.push(policyOf("Matched", ...RULES))).toBe("accepted");
      await sidecar.until((line) => "ready" in line && line.envoy === undefined);
    }, 60_000);
    afterAll(async () => {
      await bed?.close();
    });
    const kill = async () => {
      process.kill((await sidecar.running.pid()) ?? fail(), "SIGKILL");
      await sidecar.running.exited;
    };

    test("every connection is counted under its rule, every denial is a line", async () => {
      await send(COUNT);
      await settle();
      await expectAllCounted();
      expect(reported().length).toBe(total(DENIED));
    });

    test("an agent that is killed under load, twice, costs no record", async () => {
      const sending = send(COUNT);
      await pause(1_000);
      await kill();
      await pause(2_000);
      await start();
      await pause(1_000);
      await kill();
      await start();
      await sending;
      await settle();
      await expectAllCounted();
      // what was reported once more has the same number
      expect(new Set(reported()).size).toBe(total(DENIED));
    });

    test("counts survive a restart, and a change of other rules; a new rule has its own beginning", async () => {
      await kill();
      await start();
      await expectAllCounted();
      const before = (await view<HitsView>("/hits")).rules;
      expect(await bed.push(policyOf("Matched", "tcp IP 198.51.100.9 9000", ...RULES))).toBe("accepted");
      const [added, ...kept] = (await view<HitsView>("/hits")).rules;
      expect(kept.map(({ rule: _, ...rest }) => rest)).toEqual(before.map(({ rule: _, ...rest }) => rest));
      expect(added).toMatchObject({ value: "198.51.100.9", hits: 0 });
      expect((added?.since ?? "") > (kept[0]?.since ?? "")).toBe(true);
      const live = await bed.testbed.prober.hold(bed.probeOf("opaque://198.51.100.9:9000"));
      await pause(500);
      expect((await view<HitsView>("/hits")).rules[0]).toMatchObject({ hits: 1, open: 1 });
      await live.close();
    });

    test("`hits`, `denied` and the metrics show it", async () => {
      const run = (...args: string[]) =>
        promisify(execFile)(process.execPath, [SALLYPORT, ...args, "--state", bed.stateFolder]);
      const { stdout: hits } = await run("hits");
      expect(hits).toMatch(/^web-1 in mesh default: mode Matched, counted since /);
      expect(hits).toMatch(/\n {2}0 +0 +0 +never since .* test#5 +Domain +unused\.example\.com +443 +tls\n/);
      await expect(run("hits", "--unused")).rejects.toMatchObject({
        code: 1,
        stdout: expect.stringContaining("unused.example.com"),
      });
      const { stdout: denied } = await run("denied", "--most", "1");
      expect(denied).toContain(`${total(DENIED)} denied since`);
      expect(denied).toContain(`and ${total(DENIED.slice(1))} at other places`);
      const metrics = await askSidecar(bed.stateFolder, "/metrics");
      expect(metrics).toContain(
        `sallyport_denied_total{mesh="default",workload="web-1",reason="no rule"} ${total(DENIED)}\n`,
      );
      expect(metrics).toContain('sallyport_records_lost_total{mesh="default",workload="web-1"} 0\n');
      await expect(askSidecar(bed.stateFolder, "/elsewhere")).rejects.toThrow("404");
      expect(statSync(join(bed.stateFolder, "counts.json")).size).toBeLessThan(10_000);
    });

    test("docs/guides/unused-rules.md: its commands are understood, and print such a table", async () => {
      const page = readFileSync(new URL("../../docs/guides/unused-rules.md", import.meta.url), "utf8");
      const blocks = [...page.matchAll(/^```console\n\$ sallyport (.*)\n([\s\S]*?)^```$/gm)];
      expect(blocks.length).toBe(3);
      for (const [, line = "", prints = ""] of blocks) {
        const args = line.replaceAll(/\/var\/lib\/sallyport\/web-\d/g, bed.stateFolder).split(" ");
        const ran = promisify(execFile)(process.execPath, [SALLYPORT, ...args]);
        const { stdout } = await ran.catch((error: { code: number; stdout: string }) => {
          expect(error.code).toBe(1); // there are unused rules
          return error;
        });
        const heading = (text: string) => text.split("\n")[1]?.split(/ +/);
        if (prints !== "") expect(heading(stdout)).toEqual(heading(prints));
        expect(stdout).toMatch(/web-1 in mesh default|unused\.example\.com|denied since/);
      }
    });
  });
