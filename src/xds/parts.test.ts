import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Body, isPartName, joinBody, splitBody } from "./parts.ts";

/** Bytes that differ everywhere, the same for the same seed. */
function noise(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

const bytes = fc
  .tuple(fc.nat(60_000), fc.nat(5), fc.uint8Array({ maxLength: 40 }))
  .map(([length, seed, rest]) => Buffer.concat([noise(length, seed), rest]));

const find = (body: Body) => (name: string) => body.parts.get(name);

test("law: what is cut is joined, behind what is put in front", () => {
  fc.assert(
    fc.property(bytes, fc.uint8Array(), (whole, prefix) => {
      const body = splitBody(whole);
      const joined = joinBody(body, find(body), prefix);
      if (joined.kind !== "whole") throw new Error(joined.kind);
      expect(Buffer.compare(joined.body.bytes, whole)).toBe(0);
      expect(Buffer.from(joined.body.bytes.buffer).subarray(0, prefix.length)).toEqual(Buffer.from(prefix));
      expect([...joined.body.parts.keys()].sort()).toEqual([...body.parts.keys()].sort());
      for (const [name, content] of joined.body.parts)
        expect(Buffer.compare(content, body.parts.get(name) ?? Buffer.alloc(0))).toBe(0);
      expect([...body.parts.keys()].every(isPartName)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("law: an edit anywhere in a megabyte changes a few parts, and where it is does not matter", () => {
  const megabyte = noise(1 << 20, 7);
  const before = splitBody(megabyte);
  expect(before.levels).toBeGreaterThan(0);
  fc.assert(
    fc.property(fc.nat(1 << 20), fc.nat(100), fc.uint8Array({ maxLength: 100 }), (at, removed, put) => {
      const edited = Buffer.concat([megabyte.subarray(0, at), put, megabyte.subarray(at + removed)]);
      const after = splitBody(edited);
      const news = [...after.parts].filter(([name]) => !before.parts.has(name));
      const size = news.reduce((sum, [, content]) => sum + content.length, 0) + 16 * after.top.length;
      expect(size).toBeLessThan(16_000);
    }),
    { numRuns: 40 },
  );
});

describe("what does not add up", () => {
  const body = splitBody(noise(200_000, 3));

  test("what is lacking is named, level by level", () => {
    const none = joinBody(body, () => undefined);
    expect(none).toEqual({ kind: "lacks", names: [...new Set(body.top)] });
    const [leaf] = [...body.parts].findLast(([, content]) => content.length > 1_000) ?? [""];
    const lacks = joinBody(body, (name) => (name === leaf ? undefined : body.parts.get(name)));
    expect(lacks).toEqual({ kind: "lacks", names: [leaf] });
  });

  test("another content under a name, another order, another digest, too many levels", () => {
    const [leaf = ""] = body.parts.keys();
    const other = (name: string) => (name === leaf ? new Uint8Array(5) : body.parts.get(name));
    expect(joinBody(body, other).kind).toBe("damaged");
    expect(joinBody({ ...body, top: body.top.toReversed() }, find(body)).kind).toBe("damaged");
    expect(joinBody({ ...body, digest: "00".repeat(32) }, find(body)).kind).toBe("damaged");
    expect(joinBody({ ...body, levels: 99 }, find(body)).kind).toBe("damaged");
    expect(joinBody({ ...body, levels: body.levels - 1 }, find(body)).kind).toBe("damaged");
  });
});
