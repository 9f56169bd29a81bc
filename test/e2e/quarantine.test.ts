/**
 * Configurations that a real Envoy really rejects: one that was built, or started, without a part that some rules need,
 * and a compiler that makes something wrong of some rules.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askAdmin } from "../../src/data-plane/envoy/index.ts";
import { describeReal, envoys } from "../engines/requirements.ts";
import { SERVER_NAMES, without } from "./hardened-envoy.ts";
import { policyOf, type SidecarBed, type SidecarProcess, startSidecarBed } from "./sidecar-bed.ts";

let bed: SidecarBed;
let sidecar: SidecarProcess;
let folder = "";

const API = "tls://api.example.com:443@203.0.113.7";
const WEB = "http://web.example.com:80@203.0.113.7";
const RAW = "opaque://203.0.113.7:9000";
const [NAMES, HTTP, TCP] = [
  "tls Domain *.example.com 443",
  "http Domain *.example.com 80",
  "tcp CIDR 203.0.113.0/24 9000",
];

/** Compilers that make of these names what Envoy rejects: alone, or two of them together. */
const FAULTS = [
  ["bad.example", "b*d.example"],
  ["one.twin.test", "two.twin.test"],
] as const;

const answer = async (text: string) => (await bed.probe(text)).answer;
const answers = async (...texts: string[]) => {
  const all: (string | undefined)[] = [];
  for (const text of texts) all.push(await answer(text));
  return all;
};
const says = (text: string) => (line: { readonly [field: string]: unknown }) => line.msg === text;
const quarantined = async (): Promise<unknown> => (await sidecar.status()).quarantine;
const admin = (path: string) => askAdmin(join(bed.stateFolder, "run/admin.sock"), path);
const ready = () => sidecar.until((line) => "ready" in line && line.envoy === undefined);
const end = async (signal: NodeJS.Signals) => {
  process.kill((await sidecar.running.pid()) ?? 0, signal);
  await sidecar.running.exited;
};

for (const { name, binary, missing } of envoys)
  describeReal(`rules that the ${name} rejects`, missing, () => {
    let hardened = "";
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "sallyport-quarantine-"));
      chmodSync(folder, 0o755);
      bed = await startSidecarBed(binary);
      await bed.testbed.destinations.listen([80, 443, 8443, 9000]);
      hardened = without(SERVER_NAMES, binary, folder);
    }, 60_000);
    afterAll(async () => {
      await bed?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    test("are left out of the first policy, alone; the answer, the log and the status name them in Envoy's words", async () => {
      sidecar = await bed.sidecar({ envoyPath: hardened });
      await sidecar.until((line) => "enforcing" in line);
      const refused = await bed.push(policyOf("Matched", NAMES ?? "", HTTP ?? "", TCP ?? ""));
      expect(refused).toMatch(
        /^1 rule is in quarantine, everything else is in force; .*`tls Domain \*\.example\.com 443` of test#0: .*ServerNameMatcher/s,
      );
      await ready();
      await sidecar.until(says("rules in quarantine: envoy rejects them"));
      expect(await answers(API, WEB, RAW)).toEqual(["reset", "pass", "pass"]);
      expect(await quarantined()).toMatchObject({
        rules: [{ rule: NAMES, policies: ["test#0"], why: expect.stringContaining("ServerNameMatcher") }],
      });
      expect((await sidecar.status()).rules).toBe(2);
      const packets = await bed.testbed.destinations.packets();
      expect(packets.some(({ port }) => port === 443)).toBe(false);
    });

    test("stay out without another search while other rules change, and connections stay", async () => {
      const live = await bed.testbed.prober.hold(bed.probeOf(RAW));
      const { trials } = Object(await quarantined());
      expect(
        await bed.push(policyOf("Matched", TCP ?? "", "tcp IP 203.0.113.9 8443", NAMES ?? "", HTTP ?? "")),
      ).toMatch(/^1 rule is in quarantine.* of test#2: /);
      expect(await answers(API, WEB, RAW, "opaque://203.0.113.9:8443")).toEqual(["reset", "pass", "pass", "pass"]);
      expect(await quarantined()).toMatchObject({ trials });
      expect((await live.exercise(1_000))[0]?.answer).toBe("pass");
      await live.close();
    });

    test("are known to the next agent, which takes over what is in force", async () => {
      const live = await bed.testbed.prober.hold(bed.probeOf(RAW));
      const before = bed.envoys();
      await end("SIGKILL");
      sidecar = await bed.sidecar({ envoyPath: hardened });
      await ready();
      expect(bed.envoys()).toEqual(before);
      expect((await live.exercise(1_000))[0]?.answer).toBe("pass");
      expect(await answers(API, WEB, RAW)).toEqual(["reset", "pass", "pass"]);
      expect(await quarantined()).toMatchObject({ rules: [{ rule: NAMES }], trials: 0 });
      await live.close();
    });

    test("are enforced by an Envoy that takes them, without being asked for again", async () => {
      await end("SIGTERM");
      sidecar = await bed.sidecar({ envoyPath: binary });
      await ready();
      expect(await answers(API, WEB, RAW)).toEqual(["pass", "pass", "pass"]);
      expect(await quarantined()).toEqual({ rules: [], trials: 0 });
      expect(await bed.push(policyOf("Matched", NAMES ?? "", TCP ?? "", HTTP ?? ""))).toBe("accepted");
    });

    test("on disk: everything is denied until they are found, and then the others are enforced, also without control plane", async () => {
      await end("SIGTERM");
      await bed.controlPlane(false);
      sidecar = await bed.sidecar({ envoyPath: hardened });
      await sidecar.until(says("envoy rejected the policy from disk; everything is denied meanwhile"));
      await ready();
      expect(await answers(API, WEB, RAW)).toEqual(["reset", "pass", "pass"]);
      await bed.controlPlane(true);
      await sidecar.until(says("control plane connected"));
    });

    test("are free again when they go or change", async () => {
      expect(await bed.push(policyOf("Matched", "tls CIDR 203.0.113.0/24 443", HTTP ?? "", TCP ?? ""))).toBe(
        "accepted",
      );
      await sidecar.until(says("no rule is in quarantine any more"));
      expect(await answers(API, WEB, RAW)).toEqual(["pass", "pass", "pass"]);
      expect(await quarantined()).toMatchObject({ rules: [] });
    });

    test("several among 2,000 are found, and two that only together are too much: the younger one stays out", async () => {
      await end("SIGTERM");
      sidecar = await bed.sidecar({ envoyPath: binary }, { spoil: FAULTS });
      await ready();
      const many = Array.from({ length: 2_000 }, (_, i) => `tls Domain n${i}.example.net 443`);
      const bad = ["tls Domain bad.example 443", "tls Domain bad.example 8443"];
      const rules = [
        ...many.slice(0, 900),
        bad[0] ?? "",
        "tls Domain two.twin.test 443",
        ...many.slice(900),
        HTTP ?? "",
        TCP ?? "",
      ];
      const live = await bed.testbed.prober.hold(bed.probeOf(RAW));
      expect(await bed.push(policyOf("Matched", ...rules, bad[1] ?? "", "tls Domain one.twin.test 443"))).toMatch(
        /^3 rules are in quarantine/,
      );
      expect(await quarantined()).toMatchObject({
        rules: expect.arrayContaining([
          { rule: bad[0], policies: ["test#900"], why: expect.any(String) },
          { rule: bad[1], policies: ["test#2004"], why: expect.any(String) },
          {
            rule: "tls Domain one.twin.test 443",
            policies: ["test#2005"],
            why: expect.stringMatching(/[Dd]uplicate/),
            with: ["tls Domain two.twin.test 443"],
          },
        ]),
      });
      expect(Object(await quarantined()).trials).toBeLessThan(120);
      expect((await live.exercise(1_000))[0]?.answer).toBe("pass");
      await live.close();
      expect(
        await answers(WEB, RAW, "tls://n1999.example.net:443@203.0.113.7", "tls://two.twin.test:443@203.0.113.7"),
      ).toEqual(["pass", "pass", "pass", "pass"]);
      expect(
        await answers(
          "tls://bad.example:443@203.0.113.7",
          "tls://bad.example:8443@203.0.113.7",
          "tls://one.twin.test:443@203.0.113.7",
        ),
      ).toEqual(["reset", "reset", "reset"]);
      expect(
        await bed.push(policyOf("Matched", ...rules.filter((rule) => rule !== "tls Domain two.twin.test 443"))),
      ).toMatch(/^1 rule is in quarantine/);
      const stats = await admin("/stats?filter=draining");
      expect([...stats.matchAll(/draining: (\d+)/g)].map(([, count]) => count)).toEqual(["0", "0"]);
    });

    test("never open the listener that was not at fault: what Envoy applied of a rejected answer is taken back", async () => {
      const counts = async () => {
        const text = await admin("/stats?filter=lds.update_rejected|listener_in_place_updated");
        return [...text.matchAll(/(?:rejected|in_place_updated): (\d+)/g)].map(([, count]) => Number(count));
      };
      const [rejected = 0, inPlace = 0] = await counts();
      // `mp:raw` is good and opens a new address, `mp:out` is not
      const rules = ["tls Domain other.bad.example 443", "tcp IP 203.0.113.9 8443", TCP ?? ""];
      expect(await bed.push(policyOf("Matched", ...rules))).toMatch(/^1 rule is in quarantine/);
      // Envoy applied `mp:raw` of the rejected answer; back again; then both without the rule
      expect(await counts()).toEqual([rejected + 1, inPlace + 4]);
      expect(await answers("opaque://203.0.113.9:8443", RAW, "tls://other.bad.example:443@203.0.113.7")).toEqual([
        ...["pass", "pass", "reset"],
      ]);
    });
  });
