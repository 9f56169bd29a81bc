import { describe, expect, test } from "vitest";
import { decodeProto, isZeroDuration, type Proto } from "./proto.ts";

/** What is printed; `refused:` and why where it cannot be read. */
const decoded = (value: unknown, type: Proto): unknown => {
  const result = decodeProto(value, type);
  return result.ok ? result.value : `refused: ${result.error}`;
};
const unmarshal = (got: string, type: string): string =>
  `refused: json: cannot unmarshal ${got} into Go value of type ${type}`;

const ITEM: Proto = { fields: { a: "string", b: "uint32" } };

describe("a value as Kuma prints it", () => {
  test.each<[Proto, unknown, unknown]>([
    ["string", "a", "a"],
    ["string", "", undefined],
    ["string", null, undefined],
    ["string", undefined, undefined],
    ["string", 1, unmarshal("number", "string")],
    ["string", true, unmarshal("bool", "string")],
    ["string", ["a"], unmarshal("array", "string")],
    ["bool", true, true],
    ["bool", false, undefined],
    ["bool", "true", unmarshal("string", "bool")],
    ["bool?", true, true],
    ["bool?", false, false],
    ["bool?", 0, unmarshal("number", "bool")],
    ["uint32", 1, 1],
    ["uint32", 0, undefined],
    ["uint32", ["5"], unmarshal("array", "uint32")],
    ["uint32", "80", 80],
    ["uint32", "0", undefined],
    ["uint32", 4_294_967_295, 4_294_967_295],
    ["uint32", 4_294_967_296, "refused: json: cannot unmarshal number 4294967296 into Go value of type uint32"],
    ["uint32", -1, "refused: json: cannot unmarshal number -1 into Go value of type uint32"],
    ["uint32", 1.5, "refused: json: cannot unmarshal number 1.5 into Go value of type uint32"],
    ["uint32", "a80", unmarshal("string", "uint32")],
    ["uint32", "80a", unmarshal("string", "uint32")],
    ["uint32", "", unmarshal("string", "uint32")],
    ["uint32?", 0, 0],
    ["uint32?", 7, 7],
    ["strings", { b: "1", a: "2" }, { a: "2", b: "1" }],
    ["strings", {}, undefined],
    ["strings", { a: null }, { a: "" }],
    ["strings", { a: 1 }, unmarshal("number", "string")],
    ["strings", ["a"], unmarshal("array", "map[string]json.RawMessage")],
    ["any", { x: [1] }, { x: [1] }],
    ["any", null, undefined],
    [{ enum: ["A", "B"] }, "A", undefined],
    [{ enum: ["A", "B"] }, "B", "B"],
    [{ enum: ["A", "B"] }, 0, undefined],
    [{ enum: ["A", "B"] }, 1, "B"],
    [{ enum: ["A", "B"] }, 7, 7],
    [{ enum: ["A", "B"] }, "C", 'refused: unknown value "C" for enum'],
    [{ enum: ["true"] }, true, "refused: unknown value true for enum"],
    [{ list: "string" }, ["a", ""], ["a", ""]],
    [{ list: "string" }, [], undefined],
    [{ list: "string" }, "a", unmarshal("string", "[]json.RawMessage")],
    [{ list: "string" }, ["a", 1], unmarshal("number", "string")],
    [{ list: ITEM }, [null, { b: 1 }], [{}, { b: 1 }]],
    [ITEM, { c: 1, b: 2, a: "x" }, { a: "x", b: 2 }],
    [ITEM, {}, {}],
    [ITEM, { a: 1 }, unmarshal("number", "string")],
    [ITEM, "x", unmarshal("string", "map[string]json.RawMessage")],
    [{ fields: { servicePort: "uint32" } }, { service_port: 80 }, { servicePort: 80 }],
    [{ fields: { servicePort: "uint32" } }, { service_port: 80, servicePort: 81 }, { servicePort: 81 }],
  ])("%j: %j is %j", (type, value, expected) => {
    expect(decoded(value, type)).toStrictEqual(expected);
  });

  test("fields stand in the order of the message, keys of a map in that of their bytes", () => {
    expect(JSON.stringify(decoded({ b: 2, a: "x" }, ITEM))).toBe('{"a":"x","b":2}');
    expect(JSON.stringify(decoded({ b: "2", a: "x", B: "y" }, "strings"))).toBe('{"B":"y","a":"x","b":"2"}');
  });
});

describe("durations", () => {
  test.each([
    "10s",
    "1h30m",
    "0",
    "0s",
    "1.5s",
    ".5s",
    ".25s",
    "1.s",
    "-1s",
    "+1s",
    "100ms",
    "1us",
    "1µs",
    "1μs",
    "1ns",
    "10m20.05s",
  ])("%j is one", (text) => {
    expect(decoded(text, "duration")).toBe(text);
  });
  test.each(["", "10", "s", "1 s", "1d", "1sx", "x1s", "1h 30m", ".s", "--1s", "00"])("%j is none", (text) => {
    expect(decoded(text, "duration")).toBe(`refused: bad Duration: time: invalid duration ${JSON.stringify(text)}`);
  });
  test("a number is none", () => {
    expect(decoded(10, "duration")).toBe(unmarshal("number", "string"));
  });
  test.each([
    ["0", true],
    ["0s", true],
    ["0h0.00s", true],
    ["10s", false],
    ["0.9s", false],
    ["1ns", false],
  ])("%j is zero: %s", (text, isZero) => {
    expect(isZeroDuration(text)).toBe(isZero);
  });
});
