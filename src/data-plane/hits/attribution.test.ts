import fc from "fast-check";
import { expect, test } from "vitest";
import { connection, effectivePolicy, policyAndConnection } from "../../../test/laws/arbitraries.ts";
import { matched } from "../../../test/laws/builders.ts";
import { decide } from "../../policy/decide/index.ts";
import type { Connection, EffectivePolicy } from "../../policy/model/index.ts";
import { atAddress, parseConnection } from "../../policy/model/index.ts";
import { parseIp } from "../../policy/net/index.ts";
import { type Attribution, attribution } from "./attribution.ts";

/** What decide names, in its order. */
const admitted = (policy: EffectivePolicy, one: Connection): unknown[] =>
  decide(policy, one).reasons.flatMap((reason) =>
    reason.kind === "rule" ? [{ value: reason.rule, source: reason.source }] : [],
  );

const found = ({ policy, rulesFor }: Attribution, one: Connection): unknown[] =>
  rulesFor(one).map((i) => policy.rules[i]);

test("law: the rules found are exactly those that decide names, the first time and from memory", () => {
  const count = { tried: 0, admitted: 0 };
  fc.assert(
    fc.property(
      policyAndConnection(effectivePolicy),
      fc.array(connection, { maxLength: 3 }),
      ([policy, near], others) => {
        const lookup = attribution(policy);
        for (const one of [near, ...others, near]) {
          const wanted = admitted(policy, one);
          count.tried += 1;
          count.admitted += wanted.length > 0 ? 1 : 0;
          expect(found(lookup, one)).toEqual(wanted);
          expect(lookup.allows(one)).toBe(decide(policy, one).kind === "allow");
        }
      },
    ),
    { numRuns: 5_000 },
  );
  expect(count.admitted).toBeGreaterThan(count.tried / 20); // else nothing was shown
});

test("names of any length and shape are looked up, and more of them than are remembered", () => {
  const policy = matched("Domain * tls", "Domain *.a.test tls 443", "Domain a.test tls", "CIDR 203.0.113.0/24 tcp");
  const lookup = attribution(policy);
  const ip = parseIp("203.0.113.7");
  if (!ip.ok) throw new Error("impossible");
  const ask = (name: string) => {
    const parsed = parseConnection(`tls://${JSON.stringify(name)}:443`);
    if (!parsed.ok) throw new Error(name);
    const one = atAddress(parsed.value, ip.value);
    expect([name, found(lookup, one)]).toEqual([name, admitted(policy, one)]);
  };
  for (const name of [
    "a.test",
    ".a.test",
    "..a.test",
    ".",
    "x".repeat(70_000),
    `${"x.".repeat(30_000)}a.test`,
    "a.test.",
  ])
    ask(name);
  for (let i = 0; i < 10_000; i++) ask(`${i}.a.test`);
});
