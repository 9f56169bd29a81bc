/**
 * The disk under the state folder is full, or hangs, or the agent does: what is denied stays denied and what is allowed
 * passes, what is lost is told and bounded, and all goes on by itself when there is room again.
 */
import { spawnSync } from "node:child_process";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { memoryOf } from "../../bench/envoy-scale/process-figures.ts";
import { bytesTo, httpTo, type Target, tlsTo } from "../../bench/envoy-scale/traffic.ts";
import { until } from "../engines/product.ts";
import { describeReal, envoys } from "../engines/requirements.ts";
import { type DiskBed, parentOf, startDiskBed } from "./disk-bed.ts";
import { policyOf, type SidecarProcess } from "./sidecar-bed.ts";

const RULES = ["tls Domain api.example.com 443", "http Domain web.example.com 80", "tcp CIDR 203.0.113.0/24 9000"];
const [API, WEB, RAW] = [tlsTo("api.example.com"), httpTo("web.example.com"), bytesTo("203.0.113.1", 9000)];
const EVIL = tlsTo("evil.test");
const MIB = 1 << 20;

let disk: DiskBed;
let sidecar: SidecarProcess;

const says = (text: string) => (line: { readonly [field: string]: unknown }) => String(line.msg).startsWith(text);
const ready = () => sidecar.until((line) => "ready" in line && line.envoy === undefined);
const signal = async (name: NodeJS.Signals) => process.kill((await sidecar.running.pid()) ?? 0, name);
const lost = async (): Promise<number> => Number(Object((await sidecar.status()).lost).records);
const start = async () => {
  sidecar = await disk.bed.sidecar({ logFile: `${disk.bed.stateFolder}/denied.log` });
};
const kill = async () => {
  await signal("SIGKILL");
  await sidecar.running.exited;
};

/** Each of it is answered, or, where it is denied, is not. */
async function send(target: Target, count: number, isAllowed = true): Promise<void> {
  const { answered } = await disk.traffic.load({ target, parallel: 8, count });
  expect([target.port, answered]).toEqual([target.port, isAllowed ? count : 0]);
}
const sendAll = async (count: number): Promise<void> => {
  for (const target of [API, WEB, RAW]) await send(target, count);
  await send(EVIL, count, false);
};

/** The sidecar has its first policy, and everything was sent twenty times. */
async function begin(): Promise<void> {
  await start();
  expect(await disk.bed.push(policyOf("Matched", ...RULES))).toBe("accepted");
  await ready();
  await sendAll(20);
  expect(await counted()).toEqual([20, 20, 20]);
}

/** How often the rules admitted something, once everything that Envoy took is read or known to be lost. */
async function counted(): Promise<readonly number[]> {
  let seen = "";
  await until("each record is read or known to be lost", async () => {
    const { records } = await disk.hits();
    const missing = (await disk.taken()) - records.read - (await lost());
    seen = `${missing} are neither, and ${records.behind} bytes are not read`;
    return records.behind === 0 && missing === 0;
  }).catch((error: Error) => {
    throw new Error(`${error.message}: ${seen}`);
  });
  return (await disk.hits()).rules.map(({ hits }) => hits);
}

for (const { name, binary, missing } of envoys) {
  describeReal(`a full disk, with the ${name}`, missing, () => {
    beforeAll(async () => {
      disk = await startDiskBed(binary, { kind: "memory", mib: 6 });
      await begin();
    }, 60_000);
    afterAll(async () => {
      await disk?.bed.close();
    });

    test("changes no verdict; what is lost is told, and memory does not grow with it", async () => {
      await disk.fill();
      const [agent, envoy] = [(await sidecar.running.pid()) ?? 0, disk.bed.envoys()[0] ?? 0];
      const before = [memoryOf(agent).rss, memoryOf(envoy).rss];
      await sendAll(1_000);
      await sidecar.until(says("records of envoy did not arrive"), 30_000);
      await counted();
      expect(await lost()).toBeGreaterThan(5_000);
      const after = [memoryOf(agent).rss, memoryOf(envoy).rss];
      expect(after.map((bytes, i) => (bytes - (before[i] ?? 0)) / MIB).filter((more) => more > 40)).toEqual([]);
    });

    test("keeps no policy from being enforced: it is told that it is not on disk", async () => {
      const live = await disk.bed.testbed.prober.hold(disk.bed.probeOf("opaque://203.0.113.3:9000"));
      expect(live.opened.answer).toBe("pass");
      const rules = [...RULES.slice(0, 2), "tls Domain new.example.com 443"];
      expect(await disk.bed.push(policyOf("Matched", ...rules))).toBe("accepted");
      await sidecar.until(says("cannot keep the policy on disk"));
      await until("what nobody saw is cut too", async () => (await disk.bed.testbed.prober.ends()).has(live.id));
      await live.close();
      await send(tlsTo("new.example.com"), 20);
      await send(API, 20);
      await disk.bed.testbed.destinations.reset();
      expect((await disk.bed.probe("opaque://203.0.113.3:9000")).answer).toBe("reset");
      expect(await disk.bed.testbed.destinations.packets()).toEqual([]);
    });

    test("with room again: policy, counts and report are written, and each connection counts", async () => {
      await disk.free();
      await sidecar.until(says("the policy in force is on disk"), 20_000);
      await send(EVIL, 2, false); // the first may come to the half of a line that was written before
      const before = await counted();
      await sendAllNow(100);
      expect(await counted()).toEqual(before.map((hits) => hits + 100));
    });

    test("an agent killed then goes on with what came last, also without control plane", async () => {
      const before = await counted();
      await new Promise((resolve) => setTimeout(resolve, 1_500)); // counts are kept each second
      await disk.bed.controlPlane(false);
      await kill();
      await start();
      await ready();
      expect(await counted()).toEqual(before);
      await sendAllNow(10);
      expect((await disk.bed.probe("opaque://203.0.113.3:9000")).answer).toBe("reset");
      expect(await counted()).toEqual(before.map((hits) => hits + 10));
    });

    test("full of Envoy's own log, which nobody read: the next agent makes room by itself", async () => {
      await kill();
      await disk.fill(MIB / 2);
      await sendAllNow(1_500);
      await start();
      await ready();
      await sidecar.until(says("cannot keep the counts on disk"));
      await send(API, 10); // Envoy opens another file with its next record
      await sidecar.until(says("the counts are on disk"), 20_000);
      await send(EVIL, 2, false);
      const before = await counted();
      await sendAllNow(100);
      expect(await counted()).toEqual(before.map((hits) => hits + 100));
    });
  });

  /** By the second policy. */
  const sendAllNow = async (count: number): Promise<void> => {
    for (const target of [API, WEB, tlsTo("new.example.com")]) await send(target, count);
    await send(EVIL, count, false);
  };

  describeReal(`a disk and an agent that hang, with the ${name}`, missing ?? noLoop(), () => {
    let thaw: (() => Promise<void>) | undefined;
    beforeAll(async () => {
      disk = await startDiskBed(binary, { kind: "loop", mib: 32 });
      await begin();
    }, 60_000);
    afterEach(() => thaw?.());
    afterAll(async () => {
      await thaw?.();
      await disk?.bed.close();
    });

    test("disk: Envoy judges on, and no record is lost; a change is in force as soon as the disk goes on", async () => {
      thaw = await disk.freeze();
      await sendAll(500);
      const pushed = disk.bed.push(policyOf("Matched", ...RULES.slice(0, 2)));
      await send(API, 100);
      await send(WEB, 100);
      await send(EVIL, 100, false);
      await thaw();
      expect(await pushed).toBe("accepted");
      expect((await disk.bed.probe("opaque://203.0.113.3:9000")).answer).not.toBe("pass");
      const [api, web] = await counted();
      expect([api, web]).toEqual([620, 620]);
      expect(await lost()).toBe(0);
    });

    test("agent: the same", async () => {
      const before = await counted();
      await signal("SIGSTOP");
      await send(API, 500);
      await send(WEB, 500);
      await send(EVIL, 500, false);
      // `nsenter` stops with what it runs, and lets it go on when it does itself
      process.kill(parentOf((await sidecar.running.pid()) ?? 0), "SIGCONT");
      expect(await counted()).toEqual(before.map((hits) => hits + 500));
      expect(await lost()).toBe(0);
    });
  });
}

/** Why no disk can be made here that hangs. */
function noLoop(): string | undefined {
  if (process.getuid?.() !== 0) return "only root can mount a disk that can be made to hang";
  const { status } = spawnSync("losetup", ["--find"], { stdio: "ignore" });
  return status === 0 ? undefined : "there is no loop device for a disk that can be made to hang";
}
