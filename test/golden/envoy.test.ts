/**
 * Rules in, configuration of Envoy out, compared with what is written here. Each input is a policy; a line
 * `# settings: {…}` changes the settings. UPDATE_GOLDEN=1 writes the outputs. What is the same sixteen times stands
 * once, see `abridge`.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compileEnvoy, type EnvoySettings, toCanonicalJson } from "../../src/compile/envoy/index.ts";
import { buildTable } from "../../src/compile/table/index.ts";
import { parseResources } from "../../src/policy/text/index.ts";
import { effective } from "../laws/builders.ts";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const FOLDER = new URL("./envoy/", import.meta.url);
const files = readdirSync(FOLDER);
const cases = files.filter((file) => file.endsWith(".in.yaml")).map((file) => file.replace(".in.yaml", ""));

const SETTINGS = { outboundPort: 15_001, rawPort: 15_003, inspectionTimeoutMs: 5_000, accessLog: "file" } as const;

test.each(cases)("envoy: %s", (name) => {
  const text = readFileSync(new URL(`${name}.in.yaml`, FOLDER), "utf8");
  const resources = compileEnvoy(buildTable(policyOf(text)), settingsOf(text));
  const output = `${JSON.stringify(abridge(JSON.parse(toCanonicalJson(resources))), undefined, 1)}\n`;
  const golden = new URL(`${name}.golden.json`, FOLDER);
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(golden, output);
  expect(output).toBe(readFileSync(golden, "utf8"));
});

test("envoy: every output has its input, and the other way round", () => {
  const outputs = files.filter((file) => file.endsWith(".golden.json")).map((file) => file.replace(".golden.json", ""));
  expect([...outputs].sort()).toEqual([...cases].sort());
  expect(files).toHaveLength(cases.length * 2);
});

function policyOf(text: string) {
  const { resources, diagnostics } = parseResources("in.yaml", text);
  const [policy] = resources.map(({ resource }) => resource);
  if (policy?.type !== "MeshPassthrough" || diagnostics.some(({ severity }) => severity === "error"))
    throw new TypeError(JSON.stringify(diagnostics));
  return effective(policy.mode ?? "None", policy.rules);
}

function settingsOf(text: string): EnvoySettings {
  const [, changes = "{}"] = /^# settings: (.*)$/m.exec(text) ?? [];
  const { rawPort, ...settings } = { ...SETTINGS, ...JSON.parse(changes) };
  return rawPort === null ? settings : { ...settings, rawPort };
}

/**
 * Chains and clusters of buckets 1 to 15 go where they are those of bucket 0 with another number, HTTP chains likewise;
 * the leaf that chooses a bucket, the list of all buckets and the fields of the log stand under `parts`, once each.
 */
function abridge(json: { [key: string]: Json }): Json {
  const parts = new Map<string, [name: string, value: Json]>();
  const part = (name: string, value: Json): string => {
    const text = JSON.stringify(value);
    const known = parts.get(text);
    if (known !== undefined) return `<${known[0]}>`;
    const count = [...parts.values()].filter(([other]) => other.replace(/ \d+$/, "") === name).length;
    parts.set(text, [count === 0 ? name : `${name} ${count + 1}`, value]);
    return part(name, value);
  };
  const visit = (value: Json, key: string): Json => {
    if (value === null || typeof value !== "object") return value;
    if (key === "weightedClusters") return part("buckets", value);
    if (key === "customTags" || key === "jsonFormat") return part("log fields", value);
    if (Array.isArray(value)) return onlyFirst(value).map((item) => visit(item, ""));
    if (JSON.stringify(value).startsWith('{"matcher":{"matcherList"') && isBucketLeaf(value))
      return part("bucket", value);
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, visit(v, k)]));
  };
  const visited = visit(json, "");
  return { ...(visited as object), parts: Object.fromEntries(parts.values()) };
}

/** Does it end in nothing but chains of buckets? */
function isBucketLeaf(value: Json): boolean {
  const text = JSON.stringify(value);
  return text.includes("consistent_hashing") && !text.includes("input_matchers.ip");
}

function onlyFirst(list: Json[]): Json[] {
  const firsts = new Map<string, string>();
  return list.flatMap((item) => {
    const name = item !== null && typeof item === "object" && !Array.isArray(item) ? `${item.name}` : "";
    const [, kind, number] = /^(pass|od|http)-(.+)$/.exec(name) ?? [];
    if (kind === undefined || item === null || typeof item !== "object" || !("filters" in item || "lbPolicy" in item))
      return [item];
    const first = firsts.get(kind);
    const text = JSON.stringify(item).replaceAll(new RegExp(`(pass|od|http)-${number}"`, "g"), '$1-N"');
    firsts.set(kind, first ?? text);
    if (first !== text) return [item];
    return kind === "http" ? [`<${name}: as the first>`] : [];
  });
}
