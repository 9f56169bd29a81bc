import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { renderYaml } from "./yaml.ts";

test("nested values in block style", () => {
  const value = [{ proxy: "web-1", mode: { value: "Matched" }, rules: [], at: "a.yaml:1:2", on: "yes" }, []];
  expect(renderYaml(value)).toBe(
    '- proxy: web-1\n  mode:\n    value: Matched\n  rules: []\n  at: "a.yaml:1:2"\n  "on": "yes"\n- []\n',
  );
});

test("law: YAML 1.2 and 1.1 read every value back", () => {
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      fc.string({ unit: "binary-ascii" }),
      fc.constantFrom(
        "yes",
        "null",
        "1e3",
        "a: b",
        "- a",
        "# a",
        "a #b",
        "0x1",
        "1_000",
        "12:30",
        "~",
        "=",
        "<<",
        " a",
        "é",
      ),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(
        fc.string().filter((key) => key !== "__proto__"),
        tie("value"),
        { maxKeys: 3, noNullPrototype: true },
      ),
    ),
  }));
  fc.assert(
    fc.property(value, (before) => {
      for (const version of ["1.2", "1.1"] as const)
        expect(parse(renderYaml(before), { version, merge: false })).toEqual(before);
    }),
  );
});
