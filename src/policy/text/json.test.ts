import fc from "fast-check";
import { expect, test } from "vitest";
import type { Path } from "../diagnostics/index.ts";
import { readYaml } from "./documents.ts";
import { readJson } from "./json.ts";
import { createLines } from "./lines.ts";
import { toPlain, type Value } from "./value.ts";

const read = (text: string) => readJson("f", text, createLines(text), 64);

function* pathsOf(value: Value, path: Path = []): Generator<Path> {
  yield path;
  const entries: Iterable<[string | number, Value]> =
    value instanceof Map ? value : Array.isArray(value) ? value.entries() : [];
  for (const [step, inner] of entries) yield* pathsOf(inner, [...path, step]);
}

/** With white space wherever JSON allows it. */
const spaced = (value: unknown, space: string): string => {
  if (Array.isArray(value)) return `[${space}${value.map((v) => spaced(v, space)).join(`${space},${space}`)}${space}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}${space}:${space}${spaced(v, space)}`);
  return `{${space}${fields.join(`${space},${space}`)}${space}}`;
};

/** YAML has its own ideas of keys that are very long, and of escapes that are half a character. */
const json = fc
  .jsonValue({ maxDepth: 4 })
  .filter((v) => typeof v === "object" && v !== null && JSON.stringify(v).length < 900);

test("law: JSON on the short path has the values and places that YAML gives it", () => {
  fc.assert(
    fc.property(json, fc.constantFrom("", " ", "\n  ", "\r\n"), (value, space) => {
      const text = spaced(value, space);
      const [fast, slow] = [read(text), readYaml("f", text, createLines(text)).next().value];
      expect(fast && toPlain(fast.value)).toEqual(JSON.parse(text));
      expect(fast?.value).toEqual(slow?.value);
      for (const path of pathsOf(fast?.value ?? null)) {
        expect(fast?.spanOf(path)).toEqual(slow?.spanOf(path));
        expect(fast?.keySpanOf(path)).toEqual(slow?.keySpanOf(path));
      }
      expect(fast?.spanOf(["no such field", 0])).toBeUndefined();
    }),
    { numRuns: 1000 },
  );
});

test("law: a text is on the short path exactly if it is a JSON object or list without double keys", () => {
  const part = fc.constantFrom(
    ...'{ } [ ] : , " \\ \\" "a" "b": 0 01 1. -1 1e5 true nul null # \''.split(" "),
    " ",
    "\n",
    "\t",
    "\\u0041",
    "\u0001",
  );
  const text = fc.oneof(
    fc.array(part, { maxLength: 12 }).map((parts) => parts.join("")),
    fc
      .tuple(
        json.map((v) => JSON.stringify(v)),
        fc.nat(),
        part,
      )
      .map(([t, n, p]) => t.slice(0, n % (t.length + 1)) + p + t.slice(n % (t.length + 1))),
  );
  fc.assert(
    fc.property(text, (t) => {
      const fast = read(t);
      const plain = parsed(t);
      if (fast !== undefined) expect(toPlain(fast.value)).toEqual(plain);
      else if (typeof plain === "object" && plain !== null) expect(hasDoubleKey(t)).toBe(true);
    }),
    { numRuns: 5000 },
  );
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Printing what was parsed is shorter if a key got lost. */
const hasDoubleKey = (text: string): boolean => {
  const bare = (t: string) => t.replace(/[^"]/g, "").length;
  return bare(JSON.stringify(parsed(text))) < bare(text);
};

test.each([
  "",
  "null",
  "1",
  '"a"',
  '{"a": 1, "a": 2}',
  '{"a": 1}x',
  '{"a": 1,}',
  "[1 2]",
  "{a: 1}",
  '{"a": 1} # no',
  "[\u00a01]",
  `${"[".repeat(65)}${"]".repeat(65)}`,
])("%j is left to YAML", (text) => {
  expect(read(text)).toBeUndefined();
});

test("nesting up to the limit is read", () => {
  expect(read(`${"[".repeat(64)}${"]".repeat(64)}`)).toBeDefined();
});
