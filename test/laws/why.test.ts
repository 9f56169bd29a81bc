import fc from "fast-check";
import { expect, test } from "vitest";
import { admits, decide, differences, nearestMisses } from "../../src/policy/decide/index.ts";
import {
  addressed,
  atAddress,
  type Connection,
  type ConnectionFacts,
  type Difference,
  MAX_NEAR_MISSES,
  type Protocol,
  type Rule,
} from "../../src/policy/model/index.ts";
import { ipFromBits, width } from "../../src/policy/net/index.ts";
import { renderVerdict, renderWhy, why } from "../../src/policy/why/index.ts";
import {
  address,
  admittedBy,
  connection,
  connectionNear,
  connectionText,
  effectivePolicy,
  policyAndConnection,
  rule,
  sourcedRules,
} from "./arbitraries.ts";

const RUNS = { numRuns: 3000 };

const DIFFERENCES: readonly Difference[] = ["port", "protocol", "address", "name"];
const SUBSETS: readonly (readonly Difference[])[] = Array.from({ length: 16 }, (_, n) =>
  DIFFERENCES.filter((_, i) => n & (1 << i)),
).sort((a, b) => a.length - b.length);

const nameOf = (facts: ConnectionFacts): string | undefined =>
  facts.kind === "tls" ? facts.serverName : facts.kind === "http" ? facts.host : undefined;

/** The facts of a protocol under a name. */
function speak(protocol: Protocol, name: string | undefined): ConnectionFacts {
  if (protocol === "tcp") return { kind: "opaque" };
  if (protocol === "tls") return name === undefined ? { kind: "tls" } : { kind: "tls", serverName: name };
  const request = { kind: "http", version: protocol === "http" ? "1.1" : "2", isGrpc: protocol === "grpc" } as const;
  return name === undefined ? request : { ...request, host: name };
}

function rename(facts: ConnectionFacts, name: string | undefined): ConnectionFacts {
  if (name === undefined || facts.kind === "opaque") return facts;
  return facts.kind === "tls" ? { ...facts, serverName: name } : { ...facts, host: name };
}

/** The connection made to fit the rule in some respects, and left alone in the others. */
function changed(c: Connection, to: Rule, respects: readonly Difference[]): Connection {
  const model = admittedBy(to);
  const { destination, ...facts } = c;
  const spoken = respects.includes("protocol") ? speak(to.protocol, nameOf(facts)) : facts;
  const named = respects.includes("name") ? rename(spoken, nameOf(model)) : spoken;
  const ip = respects.includes("address") ? model.destination.ip : destination.ip;
  const port = respects.includes("port") ? model.destination.port : destination.port;
  return { ...named, destination: { ip, port } };
}

const ruleAndConnection = rule.chain((one) => fc.tuple(fc.constant(one), fc.oneof(connection, connectionNear(one))));

test("law: a rule would admit the connection changed in all that differs, and in nothing less", () => {
  fc.assert(
    fc.property(ruleAndConnection, ([one, c]) => {
      const enough = SUBSETS.filter((respects) => admits(one, changed(c, one, respects)));
      expect(differences(one, c)).toEqual(enough[0]);
      expect(enough.filter(({ length }) => length === enough[0]?.length)).toEqual([enough[0]]);
    }),
    RUNS,
  );
});

test("law: near misses are the rules that differ least, as many as fit, none of them admitting", () => {
  const rulesAndConnection = sourcedRules.chain((rules) =>
    fc.tuple(
      fc.constant(rules),
      rules.length === 0 ? connection : fc.constantFrom(...rules).chain(({ value }) => connectionNear(value)),
    ),
  );
  fc.assert(
    fc.property(rulesAndConnection, ([rules, c]) => {
      const counts = rules
        .flatMap(({ value }) => (admits(value, c) ? [] : [differences(value, c).length]))
        .sort((a, b) => a - b);
      const nearest = nearestMisses(rules, c);
      expect(nearest.map(({ differs }) => differs.length)).toEqual(counts.slice(0, MAX_NEAR_MISSES));
      for (const miss of nearest) {
        expect(rules.find(({ source }) => source === miss.source)?.value).toBe(miss.rule);
        expect(miss.differs).toEqual(differences(miss.rule, c));
      }
      expect(new Set(nearest.map(({ source }) => source)).size).toBe(nearest.length);
    }),
    RUNS,
  );
});

test("law: why and decide never disagree", () => {
  fc.assert(
    fc.property(policyAndConnection(), ([policy, c]) => {
      const verdict = decide(policy, c);
      const answer = why(policy, { ...c, scheme: "tls" });
      expect(answer).toEqual({ verdict: verdict.kind, addressMatters: false, because: verdict });
      expect(renderVerdict(verdict)[0]?.startsWith(verdict.kind === "allow" ? "allowed: " : "denied: ")).toBe(true);
    }),
    RUNS,
  );
});

/** First and last address of each block, and their neighbours. */
function edges({ match }: Rule) {
  if (match.type === "Domain") return [];
  const family = match.type === "IP" ? match.ip.family : match.block.family;
  const first = match.type === "IP" ? match.ip.bits : match.block.base;
  const size = match.type === "IP" ? 1n : 1n << BigInt(width(family) - match.block.prefix);
  return [first - 1n, first, first + size - 1n, first + size]
    .filter((bits) => bits >= 0n && bits < 1n << BigInt(width(family)))
    .map((bits) => ipFromBits(family, bits));
}

test("law: an answer for an unknown address holds at every address, and says so exactly where it matters", () => {
  fc.assert(
    fc.property(effectivePolicy, connectionText, fc.array(address, { maxLength: 4 }), (policy, c, others) => {
      fc.pre(addressed(c) === undefined);
      const answer = why(policy, c);
      const ends = [
        ipFromBits(4, 0n),
        ipFromBits(4, (1n << 32n) - 1n),
        ipFromBits(6, 0n),
        ipFromBits(6, (1n << 128n) - 1n),
      ];
      const kinds = [...ends, ...others, ...policy.rules.flatMap(({ value }) => edges(value))].map(
        (ip) => decide(policy, atAddress(c, ip)).kind,
      );
      expect(answer.verdict).toBe(
        kinds.every((k) => k === "allow") ? "allow" : kinds.every((k) => k === "deny") ? "deny" : "depends",
      );
      if (answer.verdict === "depends") {
        expect(decide(policy, atAddress(c, answer.elsewhere.ip))).toEqual(answer.elsewhere.because);
        expect(answer.elsewhere.because.kind).toBe("deny");
        for (const { value } of answer.admitting)
          expect(admits(value, atAddress(c, admittedBy(value).destination.ip))).toBe(true);
      }
      if (answer.addressMatters) {
        const named = policy.rules.filter(
          ({ value }) => value.match.type === "Domain" && admits(value, atAddress(c, ipFromBits(4, 0n))),
        );
        expect(named).toEqual([]);
      }
      expect(renderWhy(c, answer).length).toBeGreaterThan(1);
    }),
    RUNS,
  );
});
