/**
 * Somebody who runs a mesh asks its control plane, not each sidecar: which rule is in quarantine at which proxy, and what
 * Envoy says of it. Real processes throughout.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../engines/product.ts";
import { describeReal, envoys } from "../engines/requirements.ts";
import { SERVER_NAMES, without } from "./hardened-envoy.ts";
import { DATAPLANE, type RuleText, type System, startSystem } from "./system.ts";

const NAMES: RuleText = { type: "Domain", value: "*.example.com", port: 443, protocol: "tls" };
const HTTP: RuleText = { type: "Domain", value: "*.example.com", port: 80, protocol: "http" };
const RAW: RuleText = { type: "CIDR", value: "203.0.113.0/24", port: 9000, protocol: "tcp" };
const BLOCK: RuleText = { type: "CIDR", value: "203.0.113.0/24", port: 443, protocol: "tls" };

interface Told {
  readonly acknowledged?: object;
  readonly rejected?: { readonly message: string };
}

let system: System;
let folder = "";

for (const { name, binary, missing } of envoys)
  describeReal(`quarantine at the ${name}, as the control plane tells it`, missing, () => {
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "sallyport-quarantine-"));
      chmodSync(folder, 0o755);
      system = await startSystem(without(SERVER_NAMES, binary, folder));
      await system.testbed.destinations.listen([80, 443, 9000]);
      await system.startControlPlane();
      await system.api("PUT", "/meshes/default", { type: "Mesh", name: "default" });
      for (const proxy of ["web-1", "web-2"])
        await system.api("PUT", `/meshes/default/dataplanes/${proxy}`, { ...DATAPLANE, name: proxy });
    }, 60_000);
    afterAll(async () => {
      await system?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const policy = async (name: string, ...appendMatch: RuleText[]): Promise<void> => {
      const spec = { targetRef: { kind: "Mesh" }, default: { passthroughMode: "Matched", appendMatch } };
      const path = `/meshes/default/meshpassthroughs/${name}`;
      expect(
        (await system.api("PUT", path, { type: "MeshPassthrough", mesh: "default", name, spec })).status,
      ).toBeLessThan(300);
    };
    const status = async (proxy: string): Promise<{ isConnected: boolean; told: Told | undefined }> => {
      const { status: code, body } = await system.api("GET", `/meshes/default/dataplanes/${proxy}/_status`);
      expect(code).toBe(200);
      const { isConnected, clients } = JSON.parse(body);
      return { isConnected, told: clients[0]?.types.EffectivePolicy };
    };
    const message = async (): Promise<string> => (await status("web-1")).told?.rejected?.message ?? "";
    const answers = async (): Promise<readonly string[]> => {
      const texts = [
        "tls://a.example.com:443@203.0.113.1",
        "http://a.example.com:80@203.0.113.2",
        "opaque://203.0.113.3:9000",
      ];
      return Promise.all(texts.map(async (text) => (await system.probe(text, { waitMs: 3_000 })).answer));
    };

    test("names rule, policy and Envoy's words at the proxy that has it, while the rest is enforced", async () => {
      await policy("egress", RAW, NAMES, HTTP);
      await system.startSidecar();
      await until("the control plane has heard of it", async () => (await message()) !== "");
      expect(await message()).toMatch(
        /^1 rule is in quarantine, everything else is in force; envoy rejects `tls Domain \*\.example\.com 443` of egress#1: .*ServerNameMatcher/s,
      );
      expect((await status("web-1")).isConnected).toBe(true);
      expect(await status("web-2")).toEqual({ isConnected: false, told: undefined });
      expect(await answers()).toEqual(["reset", "pass", "pass"]);
    });

    test("follows another policy: its rule is named beside the first", async () => {
      await policy("more", { ...NAMES, value: "*.example.org" });
      await until("both are told", async () => /^2 rules are in quarantine/.test(await message()));
      expect(await message()).toMatch(/of egress#1: .*of more#0: /s);
    });

    test("is told again to a control plane that was killed and came back", async () => {
      await system.killControlPlane();
      await system.startControlPlane();
      await until("it is told again", async () => /^2 rules are in quarantine/.test(await message()));
    });

    test("is over when the policies are corrected", async () => {
      expect((await system.api("DELETE", "/meshes/default/meshpassthroughs/more")).status).toBe(200);
      await until("one is left", async () => /^1 rule is in quarantine/.test(await message()));
      await policy("egress", RAW, BLOCK, HTTP);
      await until("nothing is refused any more", async () => (await status("web-1")).told?.rejected === undefined);
      expect((await status("web-1")).told).toEqual({ acknowledged: expect.anything() });
      expect(await answers()).toEqual(["pass", "pass", "pass"]);
    });
  });
