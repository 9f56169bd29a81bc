import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { check } from "../../src/policy/check/index.ts";
import { parseResources, printResource } from "../../src/policy/text/index.ts";
import { dataplane, mesh, meshPassthrough } from "../laws/resource-arbitraries.ts";
import { ROOT, sallyport } from "./command.ts";

type Tree = Readonly<Record<string, unknown>>;

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);
const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, step) => (isTree(inner) ? inner[step] : undefined), value);

async function schema(name: string, ...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await sallyport(["schema", name, ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return parse(stdout);
}

/** A value with some of its keys removed, at any depth. */
const without = (value: unknown, keys: readonly string[]): unknown =>
  Array.isArray(value)
    ? value.map((item) => without(item, keys))
    : isTree(value)
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([key, inner]) => !keys.includes(key) || isTree(inner))
            .map(([key, inner]) => [key, without(inner, keys)]),
        )
      : value;

const FIXTURES = process.env.SALLYPORT_FIXTURES ?? "";
const reference = (file: string): unknown => parse(readFileSync(join(FIXTURES, "schema", "reference", file), "utf8"));

describe("schema json", () => {
  let document: unknown;
  let validate: ValidateFunction;
  beforeAll(async () => {
    document = await schema("json");
    if (!isTree(document)) throw new TypeError("no object");
    // As editors use it; strict: a keyword that nobody knows would be an error.
    validate = new Ajv({ allErrors: true, strict: true, strictRequired: false, strictTypes: false })
      .addKeyword("markdownDescription")
      .compile(document);
  });

  const faults = (yaml: string): string[] => {
    validate(parse(yaml));
    return [...new Set((validate.errors ?? []).filter(({ keyword }) => keyword !== "if").map((e) => e.instancePath))];
  };
  const policy = (spec: string): string => `{type: MeshPassthrough, mesh: default, name: a, spec: ${spec}}`;

  test("the examples are right, in both forms", () => {
    let seen = 0;
    for (const form of ["universal", "kubernetes"]) {
      const folder = join(ROOT, "examples", "quickstart", form);
      for (const file of readdirSync(folder).filter((name) => /(?<!\.test)\.yaml$/.test(name)))
        for (const { contents } of parseAllDocuments(readFileSync(join(folder, file), "utf8"))) {
          expect(faults(String(contents)), file).toEqual([]);
          seen += 1;
        }
    }
    expect(seen).toBeGreaterThan(5);
  });

  test.each([
    ["a field that nobody knows", policy("{default: {passthroughmode: None}}"), "/spec/default"],
    ["a mode that is none", policy("{default: {passthroughMode: Some}}"), "/spec/default/passthroughMode"],
    [
      "a port out of range",
      policy("{default: {appendMatch: [{type: IP, value: 1.2.3.4, port: 0, protocol: tcp}]}}"),
      "/spec/default/appendMatch/0/port",
    ],
    [
      "tcp with a name",
      policy("{default: {appendMatch: [{type: Domain, value: a, protocol: tcp}]}}"),
      "/spec/default/appendMatch/0/protocol",
    ],
    ["no protocol", policy("{default: {appendMatch: [{type: Domain, value: a}]}}"), "/spec/default/appendMatch/0"],
    ["a kind that this policy lacks", policy("{targetRef: {kind: MeshService}}"), "/spec/targetRef/kind"],
    ["tags with kind Mesh", policy("{targetRef: {kind: Mesh, tags: {a: b}}}"), "/spec/targetRef/tags"],
    ["a name that only other policies have", policy("{targetRef: {kind: Mesh, name: a}}"), "/spec/targetRef"],
    ["no type", "{mesh: default, name: a, spec: {}}", ""],
    [
      "Kubernetes form",
      "{apiVersion: kuma.io/v1alpha1, kind: MeshPassthrough, metadata: {name: a}, spec: {default: {passthroughMode: 1}}}",
      "/spec/default/passthroughMode",
    ],
    ["a Dataplane without an address", "{type: Dataplane, mesh: m, name: d, networking: {}}", "/networking"],
  ])("refuses %s", (_, yaml, place) => {
    expect(faults(yaml)).toContain(place);
  });

  test("every field says what it is for: an editor shows it", () => {
    const silent: string[] = [];
    const walk = (value: unknown, path: string): void => {
      if (!isTree(value)) return;
      for (const [name, field] of Object.entries(isTree(value.properties) ? value.properties : {})) {
        if (isTree(field) && typeof field.description !== "string" && name !== "status") silent.push(`${path}.${name}`);
        walk(field, `${path}.${name}`);
      }
      walk(value.items, `${path}[]`);
    };
    for (const [name, definition] of Object.entries(Object(at(document, "definitions")))) walk(definition, name);
    expect(silent).toEqual([]);
  });

  test("law: what `check` accepts of printed resources is right, in either form", () => {
    fc.assert(
      fc.property(
        fc.oneof(meshPassthrough, dataplane, mesh),
        fc.constantFrom("universal", "kubernetes"),
        (one, form) => {
          const yaml = printResource(one, form === "universal" ? "universal" : "kubernetes");
          const { diagnostics } = check([{ file: "a.yaml", text: yaml }]);
          if (diagnostics.some(({ severity }) => severity === "error")) return;
          expect(faults(yaml), yaml).toEqual([]);
        },
      ),
    );
  });

  test("law: what the schema refuses, `check` does not pass over in silence", () => {
    const words = fc.constantFrom<unknown>(
      "tcp",
      "Domain",
      "Mesh",
      "MeshSubset",
      "All",
      "a.example",
      "",
      0,
      80,
      null,
      {},
    );
    const rule = fc.record(
      { type: words, value: words, port: words, protocol: words, prot: words },
      { requiredKeys: [] },
    );
    const targetRef = fc.record(
      { kind: words, tags: fc.constantFrom({}, { a: "b" }), name: fc.constant("a") },
      { requiredKeys: [] },
    );
    const spec = fc.record(
      {
        targetRef,
        default: fc.record(
          { passthroughMode: words, appendMatch: fc.array(rule, { maxLength: 2 }) },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(spec, (body) => {
        const text = JSON.stringify({ type: "MeshPassthrough", mesh: "default", name: "a", spec: body });
        if (faults(text).length === 0) return;
        expect(check([{ file: "a.json", text }]).diagnostics, text).not.toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("fields of a policy that the schema has, reading knows too", () => {
    const fields = (definition: string): string[] => {
      const out: string[] = [];
      const walk = (value: unknown, path: string): void => {
        for (const [name, field] of Object.entries(Object(at(value, "properties")))) {
          out.push(`${path}${name}`);
          walk(field, `${path}${name}.`);
          walk(at(field, "items"), `${path}${name}.0.`);
        }
      };
      walk(at(document, "definitions", definition), "");
      return out;
    };
    const known = fields("MeshPassthrough.universal");
    expect(known).toContain("spec.default.appendMatch.0.protocol");
    for (const path of known) {
      const steps = path.split(".");
      const text = steps.reduceRight((inner, step) => (step === "0" ? `[${inner}]` : `{"${step}":${inner}}`), "1");
      const withType = text.replace(/^\{/, '{"type":"MeshPassthrough",');
      const { diagnostics } = parseResources("a.json", path === "type" ? text : withType);
      expect(
        diagnostics.map(({ code }) => code),
        path,
      ).not.toContain("W301-unknown-field");
    }
  });
});

describe("schema crd", () => {
  test("is structural: every value has one type, and nothing decides outside of it", async () => {
    const crd = await schema("crd");
    const versions = at(crd, "spec", "versions");
    const root = at(Array.isArray(versions) ? versions[0] : undefined, "schema", "openAPIV3Schema");
    let fields = 0;
    const walk = (value: unknown, path: string): void => {
      expect(isTree(value) && typeof value.type === "string", path).toBe(true);
      if (!isTree(value)) return;
      fields += 1;
      for (const key of ["$ref", "oneOf", "anyOf", "allOf", "not", "default", "x-kubernetes-preserve-unknown-fields"])
        expect(value, path).not.toHaveProperty([key]);
      expect(value.properties !== undefined && value.additionalProperties !== undefined, path).toBe(false);
      for (const [name, field] of Object.entries(Object(value.properties))) walk(field, `${path}.${name}`);
      for (const inner of [value.items, value.additionalProperties]) if (inner !== undefined) walk(inner, `${path}[]`);
    };
    walk(root, "");
    expect(fields).toBeGreaterThan(20);
  });

  test.skipIf(FIXTURES === "")("is Kuma's, but for defaults and descriptions", async () => {
    const ignored = ["description", "default"];
    const theirs = reference("kuma.io_meshpassthroughs.yaml");
    const metadata = { name: at(theirs, "metadata", "name") };
    expect(without(await schema("crd"), ignored)).toEqual(without({ ...Object(theirs), metadata }, ignored));
  });
});

describe("schema openapi", () => {
  test("every reference leads somewhere, every path says what it answers", async () => {
    const document = await schema("openapi");
    const text = JSON.stringify(document);
    const targets = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, target = ""]) => target);
    expect(targets.length).toBeGreaterThan(10);
    for (const target of targets) expect(at(document, ...target.split("/")), target).toBeDefined();
    for (const [path, item] of Object.entries(Object(at(document, "paths"))))
      for (const [method, operation] of Object.entries(Object(item)))
        expect(Object.keys(Object(at(operation, "responses"))), `${method} ${path}`).toContain("200");
  });

  test("the paths are those of the API's reference", async () => {
    const document = await schema("openapi");
    const documented = [
      ...readFileSync(join(ROOT, "docs", "reference", "api.md"), "utf8").matchAll(
        /^\| `(GET|PUT|DELETE) (\/(?:meshes|dataplanes|meshpassthroughs)[^`]*)`/gm,
      ),
    ]
      .map(([, method = "", path = ""]) => `${method} ${path}`)
      .filter((line) => !line.includes("/_"));
    const generated = Object.entries(Object(at(document, "paths"))).flatMap(([path, item]) =>
      Object.keys(Object(item)).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(generated.toSorted()).toEqual(documented.toSorted());
  });

  test.skipIf(FIXTURES === "")("a policy's body is Kuma's, but for defaults, descriptions and times", async () => {
    const ignored = ["description", "default"];
    const document = await schema("openapi", "-o", "json");
    const { creationTime, modificationTime, ...properties } = Object(
      at(document, "components", "schemas", "MeshPassthroughItem", "properties"),
    );
    expect([creationTime, modificationTime].map((time) => at(time, "readOnly"))).toEqual([true, true]);
    const ours = { ...Object(at(document, "components", "schemas", "MeshPassthroughItem")), properties };
    expect(without(without(ours, ["x"]), ignored)).toEqual(expect.objectContaining({ type: "object" }));
    const { description: _, ...item } = Object(without(ours, ignored));
    expect(item).toEqual(without(reference("schema.yaml"), ignored));
  });
});

test("a schema that does not exist is a matter of usage", async () => {
  expect(await sallyport(["schema", "xsd"])).toMatchObject({ code: 2, stdout: "" });
});
