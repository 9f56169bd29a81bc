import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { effectivePolicy } from "../../../test/laws/arbitraries.ts";
import { effective } from "../../../test/laws/builders.ts";
import type { EffectivePolicy } from "../../policy/model/index.ts";
import { parseResources } from "../../policy/text/index.ts";
import { buildTable } from "../table/index.ts";
import { bootstrapJson, staticBootstrap } from "./index.ts";

/** Binaries of the newest and the oldest Envoy that are supported, and of one between them: all get the same. */
const BINARIES = ["SALLYPORT_ENVOY", "SALLYPORT_ENVOY_MIDDLE", "SALLYPORT_ENVOY_OLDEST"] as const;

const GOLDEN = new URL("../../../test/golden/envoy/", import.meta.url);
const goldenInputs = readdirSync(GOLDEN).filter((file) => file.endsWith(".in.yaml"));

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-envoy-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(BINARIES)("the Envoy that %s names", (variable) => {
  const binary = process.env[variable];

  test.skipIf(binary === undefined).each(goldenInputs)("takes %s", (file) => {
    const [resource] = parseResources(file, readFileSync(new URL(file, GOLDEN), "utf8")).resources;
    if (resource?.resource.type !== "MeshPassthrough") throw new TypeError(`${file} holds no policy`);
    expect(validate(binary ?? "", effective(resource.resource.mode ?? "None", resource.resource.rules))).toEqual([
      0,
      [],
    ]);
  });

  test.skipIf(binary === undefined)("law: takes the configuration of every policy", () => {
    fc.assert(
      fc.property(effectivePolicy, (policy) => {
        expect(validate(binary ?? "", policy)).toEqual([0, []]);
      }),
      { numRuns: 10 },
    );
  });
});

/** Exit code, and what it complains of besides what is known. */
function validate(binary: string, policy: EffectivePolicy): [number | null, string[]] {
  const settings = { outboundPort: 15_001, rawPort: 15_003, inspectionTimeoutMs: 5_000, upstreamMark: 1337 };
  const node = { id: "web-1", cluster: "default" };
  const file = join(folder, "bootstrap.json");
  writeFileSync(file, bootstrapJson(staticBootstrap(buildTable(policy), settings, node)));
  const { status, stderr } = spawnSync(binary, ["--mode", "validate", "-l", "warning", "-c", file], {
    encoding: "utf8",
  });
  const lines = stderr.split("\n").filter((line) => line !== "" && !isKnownNotice(line));
  return [status, lines];
}

/** Two parts that Envoy calls unfinished: both are needed, and both are proved on every supported version. */
const isKnownNotice = (line: string): boolean =>
  /allow_custom_methods|xds\.type\.matcher\.v3\.ServerNameMatcher|domain\.proto/.test(line) &&
  line.includes("work-in-progress");
