import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { must } from "../../../test/laws/builders.ts";
import { domainMatches, parseDomainPattern } from "../net/index.ts";
import {
  ALL_HOSTS,
  ALL_NAMED,
  ALL_SERVER_NAMES,
  holdsName,
  isNamesWithin,
  isNoName,
  NAMELESS,
  type NameSet,
  NO_NAMES,
  nameClasses,
  nameDifference,
  nameIntersection,
  nameSet,
  namesFilled,
  nameUnion,
  nameWeight,
  oneName,
  someName,
} from "./names.ts";

const LABELS = ["a", "b"];
const TWO = LABELS.flatMap((x) => LABELS.map((y) => `${x}.${y}`));
const NAMES = [...LABELS, ...TWO, ...TWO.flatMap((n) => LABELS.map((x) => `${x}.${n}`))];
/** A label that no pattern names, at every depth; names that are no names. */
const OTHERS = ["z", "z.a", "z.a.b", "a.z", "", "a.", ".a", "a..b"];
const ASKED: readonly (string | undefined)[] = [undefined, ...NAMES, ...OTHERS];

const read = (text: string) => must(parseDomainPattern(text));
const patterns = fc.array(fc.constantFrom(...NAMES, ...NAMES.map((n) => `*.${n}`), "*"), { maxLength: 4 });
const special = fc.constantFrom(NO_NAMES, NAMELESS, ALL_HOSTS, ALL_SERVER_NAMES, ALL_NAMED);
const plain: fc.Arbitrary<NameSet> = patterns.map((some) => nameSet(some.map(read)));
const names: fc.Arbitrary<NameSet> = fc.oneof(
  { weight: 4, arbitrary: plain },
  { weight: 1, arbitrary: special },
  { weight: 2, arbitrary: fc.tuple(plain, plain).map(([a, b]) => nameDifference(a, b)) },
  { weight: 1, arbitrary: plain.map((a) => nameDifference(ALL_HOSTS, a)) },
);

const held = (set: NameSet): readonly (string | undefined)[] => ASKED.filter((name) => holdsName(set, name));

describe("sets of names", () => {
  test("law: a set of patterns holds what one of them covers", () => {
    fc.assert(
      fc.property(patterns, (some) => {
        const set = nameSet(some.map(read));
        for (const name of ASKED)
          expect(holdsName(set, name), name).toBe(
            name !== undefined && some.some((pattern) => domainMatches(read(pattern), name)),
          );
        expect([set.none, set.illFormed]).toEqual([false, false]);
      }),
      { numRuns: 500 },
    );
  });

  test("law: union, intersection and difference are those of the names, and equal sets are equal values", () => {
    fc.assert(
      fc.property(names, names, (a, b) => {
        const [inA, inB] = [new Set(held(a)), new Set(held(b))];
        expect(held(nameUnion(a, b))).toEqual(ASKED.filter((n) => inA.has(n) || inB.has(n)));
        expect(held(nameIntersection(a, b))).toEqual(ASKED.filter((n) => inA.has(n) && inB.has(n)));
        expect(held(nameDifference(a, b))).toEqual(ASKED.filter((n) => inA.has(n) && !inB.has(n)));
        expect(nameUnion(a, b).illFormed).toBe(a.illFormed || b.illFormed);
        expect(nameIntersection(a, b).illFormed).toBe(a.illFormed && b.illFormed);
        expect(nameDifference(a, b).illFormed).toBe(a.illFormed && !b.illFormed);
        expect(nameClasses(nameUnion(nameDifference(a, b), nameIntersection(a, b)))).toEqual(nameClasses(a));
        expect(isNoName(nameDifference(a, nameUnion(a, b)))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test("law: what fills a set is of the other one, and makes no stretch and no exception more", () => {
    const words = (set: NameSet) => nameClasses(set).flatMap((c) => (c.kind === "below" ? ["", ...c.except] : [""]));
    fc.assert(
      fc.property(names, names, (set, more) => {
        const filled = namesFilled(set, more);
        expect(isNamesWithin(set, filled)).toBe(true);
        expect(isNamesWithin(filled, nameUnion(set, more))).toBe(true);
        expect(nameClasses(nameUnion(filled, filled))).toEqual(nameClasses(filled));
        expect(words(filled).length).toBeLessThanOrEqual(words(set).length);
        expect([filled.none, filled.illFormed]).toEqual([set.none, set.illFormed]);
      }),
      { numRuns: 1000 },
    );
    const [wide, gap] = [nameSet([read("*.a.b")]), nameSet([read("b.a.b"), read("*.b.a.b"), read("b")])];
    expect(nameClasses(namesFilled(nameDifference(wide, gap), gap))).toEqual(nameClasses(wide));
    expect(nameClasses(namesFilled(oneName("a.b"), wide))).toEqual(nameClasses(oneName("a.b")));
  });

  test("law: a member of a set is in it, and only the empty one has none", () => {
    fc.assert(
      fc.property(names, (set) => {
        const one = someName(set);
        expect(one === undefined).toBe(isNoName(set));
        if (one === "none") expect([set.none, nameClasses(set).some((c) => c.kind === "exact")]).toEqual([true, false]);
        else if (one === "ill-formed") expect([set.none, set.illFormed]).toEqual([false, true]);
        else if (one !== undefined) expect(holdsName(set, one.name)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("one name is held alone; the missing one too", () => {
    expect(held(oneName("a.b"))).toEqual(["a.b"]);
    expect(held(oneName(undefined))).toEqual([undefined]);
    expect(held(NO_NAMES)).toEqual([]);
    expect(held(ALL_NAMED)).toEqual(ASKED.slice(1));
    expect(held(ALL_SERVER_NAMES)).toEqual(ASKED);
  });
});

const minus = (all: NameSet, ...some: string[]): NameSet => nameDifference(all, nameSet(some.map(read)));

test.each<[NameSet, ReturnType<typeof nameClasses>]>([
  [NO_NAMES, []],
  [ALL_HOSTS, [{ kind: "none" }, { kind: "ill-formed" }, { kind: "below", rest: "", except: [] }]],
  [
    nameSet(["b.test", "*.a.test", "a.test"].map(read)),
    [
      { kind: "exact", name: "a.test" },
      { kind: "below", rest: "a.test", except: [] },
      { kind: "exact", name: "b.test" },
    ],
  ],
  [nameSet(["*.a.test", "x.a.test", "*.x.a.test"].map(read)), [{ kind: "below", rest: "a.test", except: [] }]],
  [
    minus(ALL_NAMED, "c.test", "*.b.test", "a.test", "*.a.test"),
    [{ kind: "below", rest: "", except: ["a.test", "*.a.test", "*.b.test", "c.test"] }],
  ],
  [
    // An exception of an exception is a stretch of its own.
    nameUnion(minus(ALL_NAMED, "*.a.test"), nameSet(["*.x.a.test", "y.a.test"].map(read))),
    [
      { kind: "below", rest: "", except: ["*.a.test"] },
      { kind: "below", rest: "x.a.test", except: [] },
      { kind: "exact", name: "y.a.test" },
    ],
  ],
])("%# the stretches of a set", (set, classes) => {
  expect(nameClasses(set)).toEqual(classes);
});

test.each<[NameSet, ReturnType<typeof someName>]>([
  [NO_NAMES, undefined],
  [NAMELESS, "none"],
  [nameDifference(ALL_HOSTS, ALL_SERVER_NAMES), "ill-formed"],
  [ALL_HOSTS, { name: "example.net" }],
  [minus(ALL_NAMED, "example.net"), { name: "example.net-1" }],
  [nameSet(["*.a.test"].map(read)), { name: "www.a.test" }],
  [minus(nameSet([read("*.a.test")]), "www.a.test"), { name: "www-1.a.test" }],
  [minus(nameSet([read("*.a.test")]), "www.a.test", "www-1.a.test"), { name: "www-2.a.test" }],
  [nameSet(["c.test", "b.test", "b.tesu"].map(read)), { name: "b.test" }],
  [nameSet(["*.test", "test"].map(read)), { name: "test" }],
  // Names that a wildcard covers too are not told apart from the others that it covers.
  [nameSet(["*.a.test", "www.a.test"].map(read)), { name: "www.a.test" }],
])("%# a member of a set", (set, member) => {
  expect(someName(set)).toEqual(member);
});

test("a name counts 1; all below a name the more the nearer it is to the root", () => {
  const weight = (...some: string[]) => nameWeight(nameSet(some.map(read)));
  expect(weight("a.test", "b.test")).toBe(2n);
  expect(weight("*.test")).toBe(1n << 40n);
  expect(weight("*.a.test")).toBe(1n << 32n);
  expect(weight("*.a.test", "a.test")).toBe((1n << 32n) + 1n);
  expect(weight("*")).toBe(1n << 48n);
  expect(weight("*.g.f.e.d.c.b.a")).toBe(1n);
  expect(weight("*.f.e.d.c.b.a")).toBe(1n);
  expect(weight("*.e.d.c.b.a")).toBe(1n << 8n);
  expect(nameWeight(minus(ALL_NAMED, "*.test"))).toBe((1n << 48n) - (1n << 40n));
  expect(nameWeight(minus(ALL_NAMED, "a.test"))).toBe((1n << 48n) - 1n);
  expect(nameWeight(NAMELESS)).toBe(0n);
  // Less is left than the sum says: something is.
  expect(nameWeight(minus(nameSet([read("*.f.e.d.c.b.a")]), "x.f.e.d.c.b.a", "y.f.e.d.c.b.a"))).toBe(1n);
});
