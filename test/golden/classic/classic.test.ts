/**
 * Resources in, Kuma 2.9's configuration out, compared with what is written here: what the cases of others leave out.
 * UPDATE_GOLDEN=1 writes the outputs. Listeners for inbound connections never change and are left out, but once.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { classicForProxy, classicJson } from "../../../src/compile/classic/index.ts";
import { check } from "../../../src/policy/check/index.ts";
import { modelOf } from "../../../src/simulate/index.ts";

const FOLDER = new URL("./", import.meta.url);
const files = readdirSync(FOLDER).filter((file) => !file.endsWith(".test.ts"));
const cases = files.filter((file) => file.endsWith(".in.yaml")).map((file) => file.replace(".in.yaml", ""));
const WITH_INBOUND = "base";

function compiled(name: string) {
  const text = readFileSync(new URL(`${name}.in.yaml`, FOLDER), "utf8");
  const { resources, proxies, diagnostics } = check([{ file: `${name}.yaml`, text }]);
  const [proxy] = proxies;
  if (proxy === undefined || diagnostics.some(({ severity }) => severity === "error"))
    throw new TypeError(JSON.stringify(diagnostics));
  const all = resources.map(({ resource }) => resource);
  const mesh = all.find((resource) => resource.type === "Mesh");
  const policies = all.filter((resource) => resource.type === "MeshPassthrough");
  return classicForProxy(mesh, policies, proxy.dataplane);
}

test.each(cases)("classic: %s", (name) => {
  const { resources, error } = compiled(name);
  expect(error).toBeUndefined();
  const isShown = ({ name: resource }: { name: string }) => name === WITH_INBOUND || !resource.startsWith("inbound:");
  const shown = { listeners: resources.listeners.filter(isShown), clusters: resources.clusters.filter(isShown) };
  const output = classicJson(shown).replace(/\n( +)/g, (_, indent: string) => `\n${" ".repeat(indent.length / 2)}`);
  const golden = new URL(`${name}.golden.json`, FOLDER);
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(golden, output);
  expect(output).toBe(readFileSync(golden, "utf8"));
});

test.each(cases)("classic: %s: the model knows all of it", (name) => {
  expect(modelOf({ ...compiled(name).resources, routes: [] }).faults).toEqual([]);
});

test("classic: every output has its input, and the other way round", () => {
  const outputs = files.filter((file) => file.endsWith(".golden.json")).map((file) => file.replace(".golden.json", ""));
  expect([...outputs].sort()).toEqual([...cases].sort());
  expect(files).toHaveLength(cases.length * 2);
});
