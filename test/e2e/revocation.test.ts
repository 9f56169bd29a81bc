/**
 * What becomes of open connections that a change forbids: kept, given a time to end, or cut; for TCP, TLS, requests under
 * way over HTTP/1 and HTTP/2, WebSockets and gRPC streams.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LiveImpactView } from "../../src/data-plane/index.ts";
import { type EffectivePolicy, parseRevocation, type RevocationMode } from "../../src/policy/model/index.ts";
import type { Live, Probe } from "../../src/testbed/index.ts";
import { describeReal, envoys } from "../engines/requirements.ts";
import { sallyport } from "./command.ts";
import { policyOf, type SidecarBed, type SidecarProcess, startSidecarBed } from "./sidecar-bed.ts";

const RULES = ["tcp IP 203.0.113.7 9000", "tls Domain a.test 443", "http Domain a.test 80"];
const STAYS = ["tls Domain b.test 443"];
const GRPC = [
  ["content-type", "application/grpc"],
  ["te", "trailers"],
] as const;
/** An answer that never ends, so that its request is under way until somebody ends it. */
const STREAM = "/stream";
const SPOKEN: Readonly<Record<string, { readonly text: string; readonly more?: Partial<Probe> }>> = {
  tcp: { text: "opaque://203.0.113.7:9000" },
  tls: { text: "tls://a.test:443@203.0.113.7" },
  websocket: { text: "ws://a.test:80@203.0.113.7" },
  http1: {
    text: "http://a.test:80@203.0.113.7",
    more: { speech: { kind: "http1", requests: [{ version: "1.1", target: STREAM, headers: [["Host", "a.test"]] }] } },
  },
  h2: {
    text: "h2c://a.test:80@203.0.113.7",
    more: { speech: { kind: "http2", requests: [{ authority: "a.test", target: STREAM }] } },
  },
  grpc: {
    text: "grpc://a.test:80@203.0.113.7",
    more: { speech: { kind: "http2", requests: [{ authority: "a.test", target: STREAM, headers: GRPC }] } },
  },
};
const KINDS = Object.keys(SPOKEN);

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The policy that {@link STAYS} is, with the Dataplane that it is for, as files. */
const proposedText = (revocation: string): string => `
type: Dataplane
mesh: default
name: web-1
networking:
  address: 10.0.0.1
  inbound: [{ port: 80, tags: { kuma.io/service: web } }]
  transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound: 15001 }
---
type: MeshPassthrough
mesh: default
name: test
labels: { sallyport.io/revocation: ${revocation.replace(" ", "-")} }
spec:
  targetRef: { kind: Mesh }
  default:
    passthroughMode: Matched
    appendMatch: [{ type: Domain, value: b.test, port: 443, protocol: tls }]
`;

for (const { name, binary, missing } of envoys)
  describeReal(`open connections that a change forbids, with the ${name}`, missing, () => {
    let bed: SidecarBed;
    let sidecar: SidecarProcess;
    beforeAll(async () => {
      bed = await startSidecarBed(binary);
      await bed.testbed.destinations.listen([80, 443, 9000]);
      sidecar = await bed.sidecar();
    });
    afterAll(() => bed?.close());

    const open = async (): Promise<{ lives: Map<string, Live>; steady: Live }> => {
      expect(await bed.push(policyOf("Matched", ...RULES, ...STAYS))).toBe("accepted");
      const hold = (text: string, more: Partial<Probe> = {}) =>
        bed.testbed.prober.hold({ ...bed.probeOf(text, more), ...(more.speech && { waitMs: 500 }) });
      const lives = new Map<string, Live>();
      for (const [kind, { text, more }] of Object.entries(SPOKEN)) lives.set(kind, await hold(text, more));
      const steady = await hold("tls://b.test:443@203.0.113.7");
      await new Promise((resolve) => setTimeout(resolve, 500)); // the agent hears of all of them
      return { lives, steady };
    };
    const forbid = (revocation?: RevocationMode): Promise<string> => {
      const policy: EffectivePolicy = policyOf("Matched", ...STAYS);
      return bed.push(revocation === undefined ? policy : { ...policy, revocation });
    };
    const goneOf = async (lives: ReadonlyMap<string, Live>): Promise<string[]> => {
      const ends = await bed.testbed.prober.ends();
      return [...lives].filter(([, { id }]) => ends.has(id)).map(([kind]) => kind);
    };
    const linesSince = (from: number, kind: string) => sidecar.lines.slice(from).filter((line) => line.kind === kind);
    const closeAll = async (all: readonly Live[]): Promise<void> => {
      for (const live of all) await live.close();
    };

    test("cut: all of them go at once, and nothing else", async () => {
      const { lives, steady } = await open();
      expect(await forbid()).toBe("accepted");
      await expect.poll(() => goneOf(lives), { timeout: 10_000 }).toEqual(KINDS);
      expect((await steady.exercise(5_000))[0]?.answer).toBe("pass");
      await closeAll([...lives.values(), steady]);
    });

    test("keep: none of them goes; each is reported and counted", async () => {
      const { lives, steady } = await open();
      const from = sidecar.lines.length;
      expect(await forbid({ kind: "keep" })).toBe("accepted");
      await expect.poll(() => linesSince(from, "kept").length, { timeout: 10_000 }).toBe(KINDS.length);
      expect(await goneOf(lives)).toEqual([]);
      expect((await lives.get("tls")?.exercise(5_000))?.[0]?.answer).toBe("pass");
      expect((await lives.get("websocket")?.exercise(5_000))?.[0]?.answer).toBe("pass");
      expect(await sidecar.status()).toMatchObject({ spared: { draining: 0, kept: KINDS.length } });
      // nothing new gets out meanwhile
      expect((await bed.probe("tls://a.test:443@203.0.113.7")).answer).toBe("reset");
      // a stricter policy takes them along
      expect(await forbid({ kind: "cut" })).toBe("accepted");
      await expect.poll(() => goneOf(lives), { timeout: 10_000 }).toEqual(KINDS);
      await closeAll([...lives.values(), steady]);
    });

    test("drain: each has its time, then what is left is cut", async () => {
      const { lives, steady } = await open();
      const from = sidecar.lines.length;
      expect(await forbid({ kind: "drain", seconds: 4 })).toBe("accepted");
      await expect.poll(() => linesSince(from, "draining").length, { timeout: 3_000 }).toBe(KINDS.length);
      expect(await goneOf(lives)).toEqual([]);
      await lives.get("h2")?.close(); // ends by itself
      await lives.get("tcp")?.close();
      const left = KINDS.filter((kind) => kind !== "h2" && kind !== "tcp");
      const rest = new Map([...lives].filter(([kind]) => left.includes(kind)));
      await expect.poll(() => goneOf(rest), { timeout: 15_000 }).toEqual(left);
      await expect.poll(() => linesSince(from, "cut").length).toBe(left.length);
      expect(await sidecar.status()).toMatchObject({ spared: { draining: 0, drained: 2 } });
      expect((await steady.exercise(5_000))[0]?.answer).toBe("pass");
      await closeAll([...rest.values(), steady]);
    });

    test("what `effective --impact` says beforehand is what happens, for each mode", async () => {
      const folder = mkdtempSync(join(tmpdir(), "sallyport-impact-"));
      for (const revocation of ["keep", "drain 30s", "cut"]) {
        const { lives, steady } = await open();
        const idle = await bed.testbed.prober.hold(bed.probeOf("http://a.test:80@203.0.113.7"));
        await new Promise((resolve) => setTimeout(resolve, 500));
        const file = join(folder, "proposed.yaml");
        writeFileSync(file, proposedText(revocation));
        const asked = await sallyport(["effective", "--impact", file, "--state", bed.stateFolder, "-o", "json"]);
        expect(asked.code, asked.stderr).toBe(1);
        const said: LiveImpactView = JSON.parse(asked.stdout);
        const mode = parseRevocation(revocation);
        if (mode === undefined) throw new Error(revocation);
        const fate = { cut: "cut", drain: "drains", keep: "kept" }[mode.kind];
        expect(said).toMatchObject({ workload: "web-1", revocation, revocationFrom: "policy" });
        expect(said.counts).toMatchObject({ [fate]: KINDS.length, "decided later": 1, stays: 1 });
        // asking changes nothing
        expect(await goneOf(lives)).toEqual([]);
        const shown = await sallyport(["effective", "--impact", file, "--state", bed.stateFolder]);
        expect(shown.stdout).toContain("tls://b.test:443@203.0.113.7");

        const from = sidecar.lines.length;
        expect(await forbid(mode)).toBe("accepted");
        const kind = { cut: "cut", drain: "draining", keep: "kept" }[mode.kind];
        await expect.poll(() => linesSince(from, kind).length, { timeout: 10_000 }).toBe(KINDS.length);
        const was = linesSince(from, kind).map(({ connection, reason }) => JSON.stringify([connection, reason]));
        const foretold = said.connections.filter((one) => one.fate === fate);
        expect(was.sort(byText)).toEqual(foretold.map((one) => JSON.stringify([one.denied, one.reason])).sort(byText));
        if (mode.kind === "cut") await expect.poll(() => goneOf(lives), { timeout: 10_000 }).toEqual(KINDS);
        else expect(await goneOf(lives)).toEqual([]);
        expect((await steady.exercise(5_000))[0]?.answer).toBe("pass");
        expect((await bed.testbed.prober.ends()).has(idle.id)).toBe(false);
        await closeAll([...lives.values(), steady, idle]);
      }
      rmSync(folder, { recursive: true });
    });
  });
