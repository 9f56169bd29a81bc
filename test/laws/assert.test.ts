import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AssertionCase,
  CLAIMS,
  coverage,
  runCase,
  runStatement,
  type Statement,
  spaceOfStatement,
  type TestedProxy,
  type WrittenClass,
} from "../../src/policy/assert/index.ts";
import { decide } from "../../src/policy/decide/index.ts";
import {
  addressed,
  atAddress,
  type Connection,
  type EffectivePolicy,
  formatConnection,
  formatPolicyRef,
} from "../../src/policy/model/index.ts";
import { domainMatches, isWellFormedHost, parseCidr, parseDomainPattern } from "../../src/policy/net/index.ts";
import { addressSet, holdsAddress, holdsConnection, TRAFFIC, type Traffic } from "../../src/policy/space/index.ts";
import {
  address,
  BLOCKS,
  connection,
  connectionNear,
  connectionText,
  DOMAINS,
  effectivePolicy,
  policyAndConnection,
} from "./arbitraries.ts";
import { dataplane, meta, must } from "./builders.ts";
import { enough } from "./enough.ts";

const ranges: readonly (readonly [number, number])[] = [
  [80, 80],
  [443, 443],
  [70, 90],
  [2, 65_535],
  [9000, 9000],
];

const written: fc.Arbitrary<WrittenClass> = fc.record(
  {
    traffic: fc.subarray([...TRAFFIC], { minLength: 1 }),
    ports: fc.subarray([...ranges], { minLength: 1 }),
    addresses: fc
      .subarray([...BLOCKS], { minLength: 1 })
      .map((blocks) => addressSet(blocks.map((b) => must(parseCidr(b))))),
    names: fc.subarray([...DOMAINS], { minLength: 1 }).map((names) => names.map((n) => must(parseDomainPattern(n)))),
  },
  { requiredKeys: [] },
);

const statement: fc.Arbitrary<Statement> = fc
  .record({
    claim: fc.constantFrom(...CLAIMS),
    classes: fc.array(written, { maxLength: 2 }),
    except: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(written, { maxLength: 1 })),
  })
  .map((body) => ({ ...body, for: {}, line: 1 }));

const trafficOf = (c: Connection): Traffic =>
  c.kind !== "http" ? c.kind : c.version !== "2" ? "http1" : c.isGrpc ? "grpc" : "http2";

/** The words of the documentation, connection by connection. */
function isMeant(one: WrittenClass, c: Connection): boolean {
  const name = c.kind === "tls" ? c.serverName : c.kind === "http" ? c.host : undefined;
  const isNamed = name !== undefined && (c.kind === "tls" || isWellFormedHost(name));
  return (
    (one.traffic?.includes(trafficOf(c)) ?? true) &&
    (one.ports?.some(([first, last]) => first <= c.destination.port && c.destination.port <= last) ?? true) &&
    (one.addresses === undefined || holdsAddress(one.addresses, c.destination.ip)) &&
    (one.names?.some((pattern) => isNamed && domainMatches(pattern, name)) ?? true)
  );
}

const holds = ({ classes, except }: Statement, c: Connection): boolean =>
  classes.some((one) => isMeant(one, c)) && !except.some((one) => isMeant(one, c));

const proxyOf = (effective: EffectivePolicy): TestedProxy => ({ effective, dataplane: dataplane() });

/** What the claim says of a connection that is in the classes, or not, and is allowed, or not. */
const isAgainst = ({ claim }: Statement, isIn: boolean, isAllowed: boolean): boolean =>
  claim === "no" ? isIn && isAllowed : claim === "only" ? isAllowed && !isIn : isIn && !isAllowed;

describe("statements", () => {
  test("law: the set of a statement is what its words say", () => {
    fc.assert(
      fc.property(statement, connection, (s, c) => {
        expect(holdsConnection(spaceOfStatement(s), c), formatConnection(c)).toBe(holds(s, c));
      }),
      { numRuns: 5000 },
    );
  });

  test("law: what is proved has no exception, and decide confirms every counter-example", () => {
    let proved = 0;
    const input = fc.tuple(statement, policyAndConnection(), fc.array(connection, { maxLength: 20 }));
    fc.assert(
      fc.property(input, ([s, [p, near], others]) => {
        const { passed, refuted } = runStatement(s, [proxyOf(p)]);
        if (p.enforced !== true) {
          expect([passed, refuted[0]?.kind]).toEqual([false, "not enforced"]);
          return;
        }
        if (passed) {
          proved++;
          for (const c of [near, ...others])
            expect(isAgainst(s, holds(s, c), decide(p, c).kind === "allow")).toBe(false);
          return;
        }
        const [one] = refuted;
        if (one?.kind !== "counter-example") throw new Error("there is a counter-example");
        expect(decide(p, one.example)).toEqual(one.verdict);
        expect(isAgainst(s, holds(s, one.example), one.verdict.kind === "allow")).toBe(true);
      }),
      { numRuns: 3000 },
    );
    expect(proved).toBeGreaterThan(enough(100));
  });

  test("law: a statement holds if each of its proxies proves it alone, and there is one", () => {
    fc.assert(
      fc.property(statement, fc.array(effectivePolicy, { maxLength: 3 }), (s, policies) => {
        const proxies = policies.map(proxyOf);
        const alone = proxies.map((proxy) => runStatement(s, [proxy]).passed);
        expect(runStatement(s, proxies).passed).toBe(alone.length > 0 && alone.every((passed) => passed));
      }),
      { numRuns: 500 },
    );
  });
});

const assertion: fc.Arbitrary<AssertionCase> = fc
  .tuple(connectionText, fc.constantFrom("allow" as const, "deny" as const))
  .map(([c, want]) => ({ connection: c, want, line: 1 }));

describe("cases", () => {
  test("law: a case passes exactly if decide says so at its address, or at every address where it names none", () => {
    fc.assert(
      fc.property(assertion, effectivePolicy, fc.array(address, { maxLength: 10 }), (one, p, addresses) => {
        const { passed, verdict, because, example, problem } = runCase(one, proxyOf(p));
        expect(decide(p, example)).toEqual(because);
        if (p.enforced !== true) {
          expect([passed, problem]).toEqual([false, "not enforced"]);
          return;
        }
        expect(passed).toBe(verdict === one.want);
        const known = addressed(one.connection);
        if (known !== undefined) expect(verdict).toBe(decide(p, known).kind);
        else {
          for (const ip of addresses)
            if (verdict !== "depends") expect(decide(p, atAddress(one.connection, ip)).kind).toBe(verdict);
          if (!passed) expect(because.kind).not.toBe(one.want);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("where nothing is enforced nothing passes, but what says just that", () => {
    const effective: EffectivePolicy = {
      enforced: { not: "builtin gateway" },
      mode: { value: "None", source: "mesh" },
      rules: [],
    };
    const outcome = (because?: string) =>
      fc
        .sample(assertion, 20)
        .map((one) => runCase({ ...one, want: "allow", ...(because && { because }) }, proxyOf(effective)).passed);
    expect(new Set(outcome())).toEqual(new Set([false]));
    expect(new Set(outcome("not enforced"))).toEqual(new Set([true]));
  });
});

test("law: a rule is needed exactly if some assertion fails without it", () => {
  let needed = 0;
  const input = effectivePolicy.chain((p) => {
    const near =
      p.rules.length === 0 ? connection : fc.constantFrom(...p.rules).chain(({ value }) => connectionNear(value));
    const close = near.chain((c) => {
      const { kind, reasons } = decide(p, c);
      const [first] = reasons;
      const one: AssertionCase = { connection: { scheme: "tls", ...c }, want: kind, line: 1 };
      const withReason = first?.kind === "rule" ? { ...one, because: formatPolicyRef(first.source) } : one;
      return fc.constantFrom(one, withReason);
    });
    return fc.tuple(
      fc.constant(p),
      fc.array(fc.oneof(assertion, close), { maxLength: 5 }),
      fc.array(statement, { maxLength: 2 }),
    );
  });
  fc.assert(
    fc.property(input, ([p, cases, statements]) => {
      const run = (policy: EffectivePolicy) => [
        ...cases.map((one) => runCase(one, proxyOf(policy))),
        ...statements.map((one) => runStatement(one, [proxyOf(policy)])),
      ];
      const outcomes = run(p);
      for (const { source, needed: isNeeded } of coverage(p.rules, outcomes)) {
        const without = run({ ...p, rules: p.rules.filter((rule) => rule.source !== source) });
        const broken = outcomes.some(({ passed }, i) => passed && without[i]?.passed === false);
        expect(isNeeded, formatPolicyRef(source)).toBe(broken);
        if (isNeeded) needed++;
      }
    }),
    { numRuns: 1500 },
  );
  expect(needed).toBeGreaterThan(enough(100));
});

test("proxies are told by mesh, name and tags; all tags on one inbound", () => {
  const tags = [
    { a: "1", b: "1" },
    { a: "2", c: "1" },
  ];
  const one: TestedProxy = {
    effective: { enforced: true, mode: { value: "None", source: "mesh" }, rules: [] },
    dataplane: dataplane({ meta: meta("x"), inbound: tags.map((t) => ({ port: 1, tags: t })) }),
  };
  const isAbout = (filter: Statement["for"]) =>
    runStatement({ claim: "no", classes: [{}], except: [], for: filter, line: 1 }, [one]).proxies.length === 1;
  const yes: Statement["for"][] = [
    {},
    { mesh: "default" },
    { names: ["y", "x"] },
    { tags: { a: "2", c: "1" } },
    { tags: { c: "*" } },
    { tags: {} },
  ];
  const no: Statement["for"][] = [
    { mesh: "m" },
    { names: [] },
    { names: ["y"] },
    { tags: { b: "1", c: "1" } },
    { tags: { d: "*" } },
  ];
  expect([yes.map(isAbout), no.map(isAbout)]).toEqual([yes.map(() => true), no.map(() => false)]);
});
