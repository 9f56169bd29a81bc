import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { check, convertTexts } from "../../src/policy/check/index.ts";
import type { Form, Resource } from "../../src/policy/model/index.ts";
import { printResource } from "../../src/policy/text/index.ts";
import { loadCases } from "../engines/cases.ts";
import { enough } from "./enough.ts";
import { dataplane, mesh, meshPassthrough } from "./resource-arbitraries.ts";

const FORMS: readonly Form[] = ["universal", "kubernetes"];

const errorsOf = (text: string): string[] =>
  check([{ file: "a.yaml", text }])
    .diagnostics.filter(({ severity }) => severity === "error")
    .map(({ code, message, path }) => `${code} ${path.join(".")}: ${message}`);

/** The text in the other form, and there and back; undefined where it has an error as it is. */
function converted(text: string, to: Form): { readonly there: string; readonly back: string } | undefined {
  if (errorsOf(text).length > 0) return undefined;
  const there = convert(text, to);
  return { there, back: convert(there, to === "universal" ? "kubernetes" : "universal") };
}

function convert(text: string, to: Form): string {
  const result = convertTexts([{ file: "a.yaml", text }], to);
  if (!result.ok) throw new Error(`refused: ${result.diagnostics.map(({ message }) => message).join()}: ${text}`);
  return result.texts.map((one) => one.text).join("---\n");
}

const words = fc.constantFrom(
  "a",
  "default",
  "universal",
  "kubernetes",
  "zone",
  "system",
  "kuma-system",
  "shop",
  "a.b",
);
const label = fc.constantFrom(
  "team",
  "kuma.io/mesh",
  "kuma.io/env",
  "kuma.io/zone",
  "kuma.io/origin",
  "kuma.io/effect",
  "kuma.io/policy-role",
  "kuma.io/display-name",
  "k8s.kuma.io/namespace",
);
const labels = fc.dictionary(label, words, { maxKeys: 3 });
const resource: fc.Arbitrary<Resource> = fc
  .tuple(fc.oneof(meshPassthrough, dataplane, mesh), labels, fc.constantFrom("a", "a.b", "web-1", "a.kuma-system"))
  .map(([one, more, name]) =>
    one.type === "Mesh"
      ? { ...one, meta: { ...one.meta, labels: more } }
      : { ...one, meta: { ...one.meta, name, labels: more } },
  );

test("law: what has no error in one form has none in the other, and none on the way back", () => {
  let seen = 0;
  fc.assert(
    fc.property(resource, fc.constantFrom(...FORMS), (one, from) => {
      const to = from === "universal" ? "kubernetes" : "universal";
      const texts = converted(printResource(one, from), to);
      if (texts === undefined) return;
      seen++;
      expect(errorsOf(texts.there), texts.there).toEqual([]);
      expect(errorsOf(texts.back), texts.back).toEqual([]);
    }),
    { numRuns: 2000 },
  );
  expect(seen).toBeGreaterThan(enough(300));
});

test("the examples and the cases, converted, have no error either", () => {
  const folder = join(import.meta.dirname, "..", "..", "examples");
  const examples = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /(?<!\.test)\.yaml$/.test(name))
    .map((name) => readFileSync(join(folder, name), "utf8"));
  const texts = [...examples, ...loadCases().files.map(({ resources }) => resources)];
  expect(texts.length).toBeGreaterThan(40);
  for (const text of texts)
    for (const to of FORMS) {
      const made = converted(text, to);
      expect(made && errorsOf(made.there), text).toEqual([]);
      expect(made && errorsOf(made.back), text).toEqual([]);
    }
});

test("what two namespaces tell apart is refused: it would be one resource", () => {
  const policy = (namespace: string): string =>
    `apiVersion: kuma.io/v1alpha1\nkind: MeshPassthrough\nmetadata: {name: a, namespace: ${namespace}}\nspec: {}\n`;
  const texts = ["shop", "pay"].map((namespace) => ({ file: `${namespace}.yaml`, text: policy(namespace) }));
  expect(convertTexts(texts, "universal")).toMatchObject({
    ok: false,
    diagnostics: [{ code: "E205-duplicate-resource" }, { code: "E205-duplicate-resource" }],
  });
  expect(convertTexts(texts.slice(1), "universal").ok).toBe(true);
});

test("a mesh whose name no label can hold is refused", () => {
  const text = "type: MeshPassthrough\nmesh: _a\nname: a\nspec: {}\n";
  expect(errorsOf(text)).toEqual([]);
  expect(convertTexts([{ file: "a.yaml", text }], "kubernetes")).toMatchObject({
    ok: false,
    diagnostics: [
      { code: "E114-bad-label", message: expect.stringMatching(/^in Kubernetes form this would be an error: /) },
    ],
  });
});
