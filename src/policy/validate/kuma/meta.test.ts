import { describe, expect, test } from "vitest";
import { kumaLabelViolations, kumaMetaViolations, kumaNameWarning } from "./index.ts";

const STRICT =
  "invalid characters. A lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const RELAXED = "invalid characters. Valid characters are numbers, lowercase latin letters and '-', '_', '.' symbols.";
const LONG = "value length must less or equal 253";

describe("names", () => {
  const said = (name: string, operation: "create" | "update") =>
    kumaMetaViolations({ name }, operation).map(({ field, message }) => `${field}: ${message}`);
  test.each<[name: string, create: string[], update: string[]]>([
    ["a", [], []],
    ["a-b.c1", [], []],
    ["a.b-c", [], []],
    ["0.a", [], []],
    ["", ["cannot be empty"], ["cannot be empty"]],
    ["a_b", [STRICT], []],
    ["-a", [STRICT], []],
    ["a-", [STRICT], []],
    ["a..b", [STRICT], []],
    [".a", [STRICT], []],
    ["a.-b", [STRICT], []],
    ["a-.b", [STRICT], []],
    ["A", [STRICT], [RELAXED]],
    ["a b", [STRICT], [RELAXED]],
    ["a".repeat(253), [], []],
    ["a".repeat(254), [LONG], [LONG]],
    [`${"a".repeat(252)}_`, [STRICT], []],
    [`${"a".repeat(253)}_`, [LONG, STRICT], [LONG]],
    // Bytes count, not characters: 2, 3 and 4 of them.
    [`${"é".repeat(126)}a`, [STRICT], [RELAXED]],
    ["é".repeat(127), [LONG, STRICT], [LONG, RELAXED]],
    [`${"€".repeat(84)}a`, [STRICT], [RELAXED]],
    ["€".repeat(85), [LONG, STRICT], [LONG, RELAXED]],
    [`${"😀".repeat(63)}a`, [STRICT], [RELAXED]],
    [`${"😀".repeat(63)}aa`, [LONG, STRICT], [LONG, RELAXED]],
    ["\u007f".repeat(253), [STRICT], [RELAXED]],
    ["\u0080".repeat(127), [LONG, STRICT], [LONG, RELAXED]],
    ["\u0800".repeat(85), [LONG, STRICT], [LONG, RELAXED]],
    [`${"\u{10000}".repeat(63)}aa`, [LONG, STRICT], [LONG, RELAXED]],
    ["\uffff".repeat(84), [STRICT], [RELAXED]],
  ])("%j", (name, create, update) => {
    expect(said(name, "create")).toEqual(create.map((message) => `name: ${message}`));
    expect(said(name, "update")).toEqual(update.map((message) => `name: ${message}`));
  });

  test("a mesh is held to the relaxed pattern always, and comes after the name", () => {
    expect(kumaMetaViolations({ name: "A", mesh: "a_b" }, "create")).toEqual([{ field: "name", message: STRICT }]);
    expect(kumaMetaViolations({ name: "", mesh: "" }, "update")).toEqual([
      { field: "name", message: "cannot be empty" },
      { field: "mesh", message: "cannot be empty" },
    ]);
    expect(kumaMetaViolations({ name: "a", mesh: "A" }, "create")).toEqual([{ field: "mesh", message: RELAXED }]);
  });

  test("a warning is for what may stay, and could not be new", () => {
    expect(["a_b", "a", "A"].map(kumaNameWarning)).toEqual([true, false, false]);
  });
});

describe("labels of a PUT", () => {
  const said = (labels: unknown, zone?: string) =>
    kumaLabelViolations(labels, "default", zone === undefined ? {} : { zone }).map(
      ({ field, message }) => `${field}: ${message}`,
    );
  const label = (name: string, value = "") =>
    said({ [name]: value }).map((text) => text.replace(/^labels\["[^"]*"\]: /, ""));

  test("values that are computed", () => {
    expect(said({ "kuma.io/origin": "zone" })).toEqual([]);
    expect(said({ "kuma.io/origin": "moon" })).toEqual(['labels["kuma.io/origin"]: unknown resource origin "moon"']);
    const other = { "kuma.io/zone": "b", "kuma.io/mesh": "m" };
    expect(said(other)).toEqual([]);
    expect(said(other, "a")).toEqual([
      'labels["kuma.io/zone"]: kuma.io/zone label should have a value',
      'labels["kuma.io/mesh"]: kuma.io/mesh label must not differ from mesh set on resource',
    ]);
    expect(said({ ...other, "kuma.io/origin": "global" }, "a")).toEqual([]);
    expect(said({ "kuma.io/zone": "a", "kuma.io/mesh": "default" }, "a")).toEqual([]);
    expect(said({}, "a")).toEqual([]);
    expect(said(undefined, "a")).toEqual([]);
  });

  const NAME =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
  const PREFIX =
    "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
  test.each<[string, string[]]>([
    ["a", []],
    ["a.b/c_d.e", []],
    ["x".repeat(63), []],
    [`${"x".repeat(253)}/a`, []],
    ["", ["name part must be non-empty", `name part ${NAME}`]],
    ["/a", ["prefix part must be non-empty"]],
    ["a/", ["name part must be non-empty", `name part ${NAME}`]],
    ["A/a", [PREFIX]],
    ["a/b/c", [`a qualified name ${NAME} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]],
    ["x".repeat(64), ["name part must be no more than 63 characters"]],
    [`-${"x".repeat(63)}`, ["name part must be no more than 63 characters", `name part ${NAME}`]],
    ["a-", [`name part ${NAME}`]],
    [`${"x".repeat(254)}/a`, ["prefix part must be no more than 253 characters"]],
    [`${"X".repeat(254)}/a`, ["prefix part must be no more than 253 characters", PREFIX]],
  ])("the name %j", (name, expected) => {
    expect(label(name)).toEqual(expected);
  });

  const VALUE =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
  test.each<[string, string[]]>([
    ["", []],
    ["A-1_b.c", []],
    ["x".repeat(63), []],
    ["x".repeat(64), ["must be no more than 63 characters"]],
    [" ".repeat(64), ["must be no more than 63 characters", VALUE]],
    ["-a", [VALUE]],
    ["a b", [VALUE]],
  ])("the value %j", (value, expected) => {
    expect(label("a", value)).toEqual(expected);
  });

  test("by name, whatever their order; null is the empty text", () => {
    expect(said({ "b-": "", "a-": null, "C-": "" }).map((text) => text.slice(0, 12))).toEqual([
      'labels["C-"]',
      'labels["a-"]',
      'labels["b-"]',
    ]);
  });
});
