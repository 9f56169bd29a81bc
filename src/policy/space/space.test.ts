import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide } from "../decide/index.ts";
import type { Connection, EffectivePolicy, Match, Protocol, Rule } from "../model/index.ts";
import { parseCidr, parseDomainPattern, parseIp, portFromNumber } from "../net/index.ts";
import {
  difference,
  equal,
  holdsConnection,
  intersection,
  isEmpty,
  policySpace,
  type Space,
  union,
  witness,
} from "./index.ts";

const must = <T>(result: { ok: true; value: T } | { ok: false }): T => {
  if (!result.ok) throw new Error("a test value is not valid");
  return result.value;
};

const PORTS = [80, 443, 9000].map((n) => must(portFromNumber(n)));
const PATTERNS = ["a.test", "*.a.test", "b.a.test", "*.b.a.test", "z.test", "*.test", "*"].map((p) =>
  must(parseDomainPattern(p)),
);
const BLOCKS = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "0.0.0.0/0", "::/0", "2001:db8::/32"].map((b) =>
  must(parseCidr(b)),
);
const ADDRESSES = [
  "10.1.2.3",
  "10.1.2.4",
  "10.9.9.9",
  "192.0.2.1",
  "2001:db8::1",
  "2001:db9::1",
  "::ffff:10.1.2.3",
].map((a) => must(parseIp(a)));
const NAMES = ["a.test", "b.a.test", "c.b.a.test", "x.a.test", "z.test", "test", "other.example", "10.1.2.3"];

const match: fc.Arbitrary<Match> = fc.oneof(
  fc.constantFrom(...PATTERNS).map((pattern) => ({ type: "Domain", pattern }) as const),
  fc.constantFrom(...BLOCKS).map((block) => ({ type: "CIDR", block }) as const),
  fc.constantFrom(...ADDRESSES).map((ip) => ({ type: "IP", ip }) as const),
);
const rule: fc.Arbitrary<Rule> = fc
  .record({
    match,
    protocol: fc.constantFrom<Protocol>("tcp", "tls", "http", "http2", "grpc"),
    port: fc.option(fc.constantFrom(...PORTS), { nil: undefined }),
  })
  .filter((r) => !(r.protocol === "tcp" && r.match.type === "Domain"))
  .map(({ port, ...r }) => {
    const written = { type: r.match.type, value: "-", protocol: r.protocol };
    return port === undefined ? { ...r, written } : { ...r, port, written };
  });
const policy: fc.Arbitrary<EffectivePolicy> = fc
  .record({
    mode: fc.oneof(
      { weight: 6, arbitrary: fc.constant("Matched" as const) },
      { weight: 1, arbitrary: fc.constantFrom("All" as const, "None" as const) },
    ),
    rules: fc.array(rule, { maxLength: 6 }),
  })
  .map(({ mode, rules }) => ({
    enforced: true,
    mode: { value: mode, source: "default" },
    rules: rules.map((value, index) => ({ value, source: { mesh: "m", name: "p", displayName: "p", index } })),
  }));

/** Every connection of a small universe: what rules of the alphabets above can tell apart. */
const UNIVERSE: readonly Connection[] = PORTS.concat([must(portFromNumber(8443))]).flatMap((port) =>
  ADDRESSES.flatMap((ip): Connection[] => {
    const destination = { ip, port };
    const requests = [undefined, "a,b", "-", ...NAMES].flatMap((host) =>
      (["1.0", "1.1", "2"] as const).flatMap((version) =>
        (version === "2" ? [false, true] : [false]).map(
          (isGrpc): Connection => ({
            kind: "http",
            destination,
            version,
            isGrpc,
            ...(host === undefined ? {} : { host }),
          }),
        ),
      ),
    );
    return [
      { kind: "opaque", destination },
      { kind: "tls", destination },
      ...[...NAMES, "a b.a.test", ".a.test", "a.test."].map(
        (serverName): Connection => ({ kind: "tls", destination, serverName }),
      ),
      ...requests,
    ];
  }),
);

const agrees = (space: Space, wanted: (c: Connection) => boolean): boolean =>
  UNIVERSE.every((c) => holdsConnection(space, c) === wanted(c));
const allowedBy = (p: EffectivePolicy) => (c: Connection) => decide(p, c).kind === "allow";

describe("space", () => {
  test("law: a connection is in the space of a policy exactly if decide allows it", () => {
    fc.assert(
      fc.property(policy, (p) => agrees(policySpace(p), allowedBy(p))),
      { numRuns: 150 },
    );
  });

  test("law: union, intersection and difference are those of the sets", () => {
    fc.assert(
      fc.property(policy, policy, (p, q) => {
        const [a, b] = [policySpace(p), policySpace(q)];
        const [inA, inB] = [allowedBy(p), allowedBy(q)];
        expect(agrees(union(a, b), (c) => inA(c) || inB(c))).toBe(true);
        expect(agrees(intersection(a, b), (c) => inA(c) && inB(c))).toBe(true);
        expect(agrees(difference(a, b), (c) => inA(c) && !inB(c))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("law: a difference is empty exactly if it has no witness, and a witness lies in it by decide", () => {
    fc.assert(
      fc.property(policy, policy, (p, q) => {
        const left = difference(policySpace(p), policySpace(q));
        const found = witness(left);
        expect(found === undefined).toBe(isEmpty(left));
        if (found !== undefined) expect([decide(p, found).kind, decide(q, found).kind]).toEqual(["allow", "deny"]);
      }),
      { numRuns: 500 },
    );
  });

  test("law: spaces of equal meaning are equal, whatever pieces they were put together from", () => {
    fc.assert(
      fc.property(policy, policy, (p, q) => {
        const [a, b] = [policySpace(p), policySpace(q)];
        expect(equal(union(difference(a, b), intersection(a, b)), a)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test("the v4-mapped stretch of IPv6 holds no connection of its own", () => {
    const block = must(parseCidr("::ffff:0:0/95"));
    const p: EffectivePolicy = {
      enforced: true,
      mode: { value: "Matched", source: "default" },
      rules: [
        {
          source: { mesh: "m", name: "p", displayName: "p", index: 0 },
          value: {
            match: { type: "CIDR", block },
            protocol: "tcp",
            written: { type: "CIDR", value: "-", protocol: "tcp" },
          },
        },
      ],
    };
    expect(agrees(policySpace(p), allowedBy(p))).toBe(true);
  });
});
