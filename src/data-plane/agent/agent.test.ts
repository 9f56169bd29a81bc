import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { policyNamed } from "../../../test/laws/builders.ts";
import { endpoint } from "../../../test/laws/kernel.ts";
import { encodeEffectivePolicy, type ProxyPolicy } from "../../compile/agent/index.ts";
import { decide } from "../../policy/decide/index.ts";
import {
  factsOf,
  isAdmittedByAddress,
  lossOf as lossBetween,
  mayConcern,
  mayConcernDestination,
} from "../../policy/impact/index.ts";
import {
  addressed,
  type Connection,
  type EffectivePolicy,
  type Mode,
  parseConnection,
} from "../../policy/model/index.ts";
import { LIMITS, quarantine, type Trial } from "../quarantine/index.ts";
import type { PassedConnection } from "../report/index.ts";
import { compilePolicy, denyAll, type HostFacts } from "./compiled-policy.ts";
import type { Change } from "./doomed.ts";
import { type EnforcerSettings, enforcer, type InForce } from "./enforcer.ts";
import type { Offer } from "./envoy-feed.ts";
import { openJournal, readJournal } from "./journal.ts";
import { knownConflicts, readPolicyFile, writePolicyFile } from "./policy-file.ts";

const lossOf = (before: EffectivePolicy, after: EffectivePolicy) => lossBetween(before, after, { kind: "cut" });

const folder = mkdtempSync(join(tmpdir(), "sallyport-agent-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ACCEPTED: Trial = { kind: "accepted" };
const SOURCE = { mesh: "default", name: "p", displayName: "p" };
const OWNER = { mesh: "default", name: "web-1", envoy: "1.40.0 1 2" };

const policyOf = policyNamed("p");

const proxyPolicy = (policy: EffectivePolicy, more: Partial<ProxyPolicy> = {}): ProxyPolicy => ({
  ...{ mesh: "default", proxy: "web-1", policy, policies: [SOURCE] },
  ...{ redirectPortOutbound: 15_001, ipFamilyMode: "UnSpecified", ...more },
});

function passed(destination: string, serverName?: string, own = "127.0.0.1:15001"): PassedConnection {
  const connection = {
    pair: { own: endpoint(own), peer: endpoint("10.0.0.1:4000") },
    destination: endpoint(destination),
    startedAt: 5,
  };
  return serverName === undefined ? connection : { ...connection, serverName };
}

function connection(text: string): Connection {
  const parsed = parseConnection(text);
  const found = parsed.ok ? addressed(parsed.value) : undefined;
  if (found === undefined) throw new Error(text);
  return found;
}

describe("what an open connection is", () => {
  const tls = policyOf("Matched", "tls CIDR 203.0.113.0/24 443");
  const tcp = policyOf("Matched", "tcp CIDR 203.0.113.0/24");
  const under = (policy: EffectivePolicy) => (what: Connection) => decide(policy, what).kind === "allow";

  test("TLS by its name, whatever admitted it", () => {
    expect(factsOf(passed("203.0.113.7:443", "A.Test"), 15_003, under(tcp))).toMatchObject({
      kind: "tls",
      serverName: "a.test",
    });
  });

  test("without a name: bytes where tcp covered it or nothing was inspected, else TLS", () => {
    expect(factsOf(passed("203.0.113.7:443"), 15_003, under(tcp)).kind).toBe("opaque");
    expect(factsOf(passed("203.0.113.7:443"), 15_003, under(policyOf("All"))).kind).toBe("opaque");
    expect(factsOf(passed("203.0.113.7:443", undefined, "127.0.0.1:15003"), 15_003, under(tls)).kind).toBe("opaque");
    expect(factsOf(passed("203.0.113.7:443"), 15_003, under(tls)).kind).toBe("tls");
  });

  test("of an unexplained socket only the address counts", () => {
    const { destination } = connection("opaque://203.0.113.7:443");
    expect(isAdmittedByAddress(tls, destination)).toBe(true);
    expect(isAdmittedByAddress(tcp, destination)).toBe(true);
    expect(isAdmittedByAddress(policyOf("Matched", "tls Domain a.test 443"), destination)).toBe(false);
    expect(isAdmittedByAddress(policyOf("Matched", "http IP 203.0.113.7 443"), destination)).toBe(false);
  });
});

describe("what a change takes away", () => {
  const RULES = [
    "tls Domain a.test 443",
    "tls Domain *.b.test",
    "tcp CIDR 203.0.113.0/24 9000",
    "http Domain a.test 80",
    "tcp IP 203.0.113.1",
    "http2 IP 203.0.113.1 80",
  ];
  const CONNECTIONS = [
    "tls://a.test:443@203.0.113.1",
    "tls://x.b.test:8443@203.0.113.2",
    "opaque://203.0.113.2:9000",
    "http://a.test:80@203.0.113.1",
    "h2c://x.test:80@203.0.113.1",
    "opaque://203.0.113.1:25",
  ];
  const policies = fc
    .tuple(fc.constantFrom<Mode>("All", "None", "Matched", "Matched", "Matched"), fc.shuffledSubarray(RULES))
    .map(([mode, rules]) => policyOf(mode, ...rules));

  test("law: a connection that was allowed and no longer is, is among what the loss may concern", () => {
    fc.assert(
      fc.property(policies, policies, fc.constantFrom(...CONNECTIONS).map(connection), (before, after, what) => {
        const isLost = decide(before, what).kind === "allow" && decide(after, what).kind === "deny";
        const loss = lossOf(before, after);
        expect(!isLost || mayConcern(loss, what)).toBe(true);
        expect(!isLost || mayConcernDestination(loss, what.destination)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("adding, reordering and renaming take nothing away", () => {
    const before = policyOf("Matched", ...RULES.slice(0, 3));
    expect(lossOf(before, policyOf("Matched", ...RULES.toReversed())).kind).toBe("nothing");
    expect(lossOf(before, policyOf("All")).kind).toBe("nothing");
    expect(lossOf(before, { ...before, enforced: { not: "builtin gateway" } }).kind).toBe("nothing");
    expect(lossOf({ ...before, enforced: { not: "builtin gateway" } }, before).kind).toBe("anything");
  });

  test("of versions that share their rules, the one that is left out is lost, and no other", () => {
    const before = policyOf("Matched", ...RULES);
    const [first, ...others] = before.rules;
    expect(lossOf(before, { ...before, rules: others })).toEqual({ kind: "rules", rules: [first?.value] });
    expect(lossOf(before, { ...before, rules: [...before.rules] }).kind).toBe("nothing");
    expect(lossOf({ ...before, rules: others }, before).kind).toBe("nothing");
  });

  test("a lost rule does not concern what it never admitted", () => {
    const loss = lossOf(policyOf("Matched", "tls Domain a.test 443"), policyOf("Matched"));
    expect(mayConcern(loss, connection("tls://b.test:443@203.0.113.1"))).toBe(false);
    expect(mayConcernDestination(loss, connection("opaque://203.0.113.1:80").destination)).toBe(false);
    expect(mayConcernDestination(loss, connection("opaque://203.0.113.1:443").destination)).toBe(true);
  });
});

describe("the policy on disk", () => {
  const path = join(folder, "policy.json");
  const stored = { policy: Buffer.from([1, 2, 3]), extraHttpPorts: [80, "any"] as const, conflicts: [] };
  const why = () => {
    const read = readPolicyFile(path, OWNER);
    return read.kind === "unusable" ? read.why : read.kind;
  };

  test("is read as it was written, by its owner alone", () => {
    expect(readPolicyFile(path, OWNER)).toEqual({ kind: "none" });
    writePolicyFile(path, OWNER, stored);
    expect(readPolicyFile(path, OWNER)).toEqual({ kind: "found", stored });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readPolicyFile(path, { ...OWNER, name: "web-2" })).toMatchObject({ kind: "unusable" });
  });

  test("tells what an Envoy rejects only to that Envoy", async () => {
    const conflicts = [{ rules: ["tls Domain a.test 443"], why: "no" }];
    writePolicyFile(path, OWNER, { ...stored, conflicts });
    const known = async (envoy: PromiseLike<string>) => {
      const read = readPolicyFile(path, OWNER);
      return read.kind === "found" ? knownConflicts(read.stored, envoy) : read;
    };
    expect(await known(Promise.resolve(OWNER.envoy))).toEqual(conflicts);
    expect(await known(Promise.resolve("1.37.0 1 2"))).toEqual([]);
    const notThere = Promise.reject(new Error("no such Envoy"));
    await expect(known(notThere)).rejects.toThrow("no such Envoy");
    writePolicyFile(path, OWNER, stored);
    expect(await known(notThere), "nothing to ask for").toEqual([]);
  });

  test("is not used when a byte of it is wrong, or its format is another", () => {
    writePolicyFile(path, OWNER, stored);
    const good = readFileSync(path, "utf8");
    for (let at = 0; at < good.length - 1; at += 7) {
      writeFileSync(path, `${good.slice(0, at)}${good[at] === "0" ? "1" : "0"}${good.slice(at + 1)}`);
      expect(readPolicyFile(path, OWNER).kind, `byte ${at}`).toBe("unusable");
    }
    for (const [text, reason] of [
      ["", /cut short/],
      [good.slice(0, 40), /cut short/],
      ["[]", /format/],
      ["null", /damaged/],
      [good.replace('"format":1', '"format":2'), /format 2/],
    ] as const) {
      writeFileSync(path, text);
      expect(why()).toMatch(reason);
    }
  });

  test("stays as it was when the new one cannot be written", () => {
    writePolicyFile(path, OWNER, stored);
    expect(() => writePolicyFile(join(folder, "absent", "policy.json"), OWNER, stored)).toThrow();
    expect(why()).toBe("found");
  });
});

describe("the list of open connections", () => {
  const path = join(folder, "open.jsonl");
  const one = passed("203.0.113.7:443", "a.test");
  const two = { ...passed("[2001:db8::1]:443"), pair: { own: endpoint("[::1]:15001"), peer: endpoint("[fd00::1]:9") } };

  test("is read back, without what was closed and what cannot be read", () => {
    const journal = openJournal(path);
    journal.opened(one);
    journal.opened(two);
    journal.flush([one, two]);
    expect(readJournal(path)).toEqual([one, two]);
    journal.closed(one);
    journal.flush([two]);
    writeFileSync(path, `${readFileSync(path, "utf8")}["+","x"]\nnull\n{\n["+","127.0.0.1:1"`);
    expect(readJournal(path)).toEqual([two]);
    expect(readJournal(join(folder, "absent"))).toEqual([]);
  });

  test("stays short however many connections come and go", () => {
    const journal = openJournal(path);
    for (let i = 0; i < 20_000; i++) {
      journal.opened(one);
      if (i % 10 === 0) journal.flush([one, two]);
      journal.closed(one);
      if (i % 7 === 0) journal.flush([two]);
    }
    journal.flush([two]);
    expect(readFileSync(path, "utf8").split("\n").length).toBeLessThan(1_100);
    expect(readJournal(path)).toEqual([two]);
  });
});

test("a list of open connections that could not be written is written whole the next time, and waits for nothing meanwhile", () => {
  const path = join(folder, "later", "open.jsonl");
  const journal = openJournal(path);
  const [one, two] = [passed("203.0.113.7:443", "a.test"), passed("203.0.113.8:443", "b.test", "127.0.0.2:15001")];
  journal.opened(one);
  expect(() => journal.flush([one])).toThrow("ENOENT");
  mkdirSync(join(folder, "later"));
  journal.opened(two);
  journal.flush([one, two]);
  expect(readJournal(path)).toEqual([one, two]);
  expect(readFileSync(path, "utf8").split("\n").length).toBe(3);
});

describe("bringing a policy into force", () => {
  const host: HostFacts = { identity: { kind: "uid", uid: 5678 }, rawPort: 15_003, resolvers: [], ipv6: true };
  const compile: EnforcerSettings["compile"] = (policy, ports) => compilePolicy(policy, host, ports);
  const bytesOf = (policy: EffectivePolicy, more: Partial<ProxyPolicy> = {}) =>
    encodeEffectivePolicy(proxyPolicy(policy, more));

  /** An enforcer whose surroundings write down what they are asked. */
  function scene(
    answers: readonly Offer[] = [],
    tryOut: EnforcerSettings["tryOut"] = async () => ACCEPTED,
    initial: InForce = { compiled: compile(denyAll(OWNER), []), quarantined: [] },
  ) {
    const calls: string[] = [];
    const changes: Change[] = [];
    const queue = [...answers];
    const sets = (compiled: { readonly sets: Readonly<Record<string, readonly string[]>> }) =>
      Object.values(compiled.sets).flat().join(",");
    const one = enforcer(
      {
        owner: OWNER,
        compile,
        feed: {
          async offer(snapshot) {
            calls.push(`offer ${[...snapshot.routes.keys()].join(",")}`);
            return queue.shift() ?? { kind: "accepted" };
          },
        },
        redirect: {
          narrow: async (before, after) => void calls.push(`narrow ${sets(before)} → ${sets(after)}`),
          follow: async (policy) => void calls.push(`follow ${sets(policy)}`),
        },
        revocation: {
          begins() {},
          stays: async () => void calls.push("stays"),
          changed: async (change) => void changes.push(change),
        },
        quarantine: quarantine({ limits: LIMITS }),
        tryOut,
        store: ({ extraHttpPorts }) => void calls.push(`store ${extraHttpPorts.join(",")}`),
        log: { info() {}, warn() {}, error() {} },
      },
      initial,
      denyAll(OWNER),
    );
    return { one, calls, changes };
  }

  const tcp = policyOf("Matched", "tcp IP 203.0.113.1 9000");
  const http = policyOf("Matched", "http Domain a.test 80");

  test("narrows the sets, asks Envoy, widens the sets, keeps it, and only then looks at connections", async () => {
    const { one, calls, changes } = scene();
    expect(await one.apply(bytesOf(tcp))).toEqual({ ok: true });
    expect(await one.apply(bytesOf(http))).toEqual({ ok: true });
    expect(calls).toEqual([
      ...["narrow  → 203.0.113.1/32 . 9000", "offer ", "follow 203.0.113.1/32 . 9000", "store "],
      ...["narrow 203.0.113.1/32 . 9000 → ", "offer http-80", "follow ", "store 80"],
    ]);
    expect(changes.map(({ before, after }) => [before.rules.length, after.rules.length])).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });

  test("goes back everywhere when Envoy refuses, keeps nothing, and says why", async () => {
    const { one, calls, changes } = scene([{ kind: "accepted" }, { kind: "rejected", why: "no such thing" }]);
    await one.apply(bytesOf(tcp));
    calls.length = 0;
    expect(await one.apply(bytesOf(http))).toEqual({
      reject: "envoy rejected it: no such thing; a throw-away Envoy takes it, so no rule is at fault",
    });
    expect(calls).toEqual([
      ...["narrow 203.0.113.1/32 . 9000 → ", "offer http-80", "follow 203.0.113.1/32 . 9000"],
      "stays",
    ]);
    expect(one.inForce.compiled.policy.rules).toHaveLength(1);
    expect(changes).toHaveLength(1);
  });

  const rejected: Offer = { kind: "rejected", why: "no such thing" };
  const bad = policyOf("Matched", "tcp IP 203.0.113.1 9000", "tls Domain bad.test 443", "http Domain a.test 80");
  const tryOutBad: EnforcerSettings["tryOut"] = async ({ policy }) =>
    policy.rules.some(({ value }) => value.written.value === "bad.test") ? { kind: "rejected", why: "bad" } : ACCEPTED;

  test("leaves out what a throw-away Envoy rejects, says which rule, and does not ask again", async () => {
    const { one, calls, changes } = scene([{ kind: "accepted" }, rejected], tryOutBad);
    await one.apply(bytesOf(tcp));
    const answer = {
      reject: expect.stringMatching(/^1 rule is in quarantine.*`tls Domain bad.test 443` of p#1: bad$/),
    };
    expect(await one.apply(bytesOf(bad))).toEqual(answer);
    expect(one.inForce.compiled.policy.rules.map(({ value }) => value.written.value)).toEqual([
      "203.0.113.1",
      "a.test",
    ]);
    expect(one.inForce.compiled.policy.mode.value).toBe("Matched");
    expect(changes.at(-1)?.after).toBe(one.inForce.compiled.policy);
    const asked = calls.length;
    expect(await one.apply(bytesOf(bad))).toEqual(answer);
    expect(calls).toHaveLength(asked);
    const reordered = { ...bad, rules: bad.rules.toReversed() };
    expect(await one.apply(bytesOf(reordered))).toMatchObject({
      reject: expect.stringMatching(/1 rule is in quarantine/),
    });
    expect(calls.slice(asked).filter((call) => call.startsWith("offer"))).toHaveLength(1);
    expect(await one.apply(bytesOf(http))).toEqual({ ok: true });
    expect(one.inForce.quarantined).toEqual([]);
  });

  test("looks for no rule where none is asked: in modes All and None", async () => {
    const { one } = scene([rejected, rejected], async () => Promise.reject(new Error("asked")));
    for (const mode of ["All", "None"] as const)
      expect(await one.apply(bytesOf({ ...bad, mode: { value: mode, source: SOURCE } }))).toEqual({
        reject: "envoy rejected it: no such thing; no rule is at fault",
      });
  });

  test("keeps what is in force when Envoy rejects also what a throw-away Envoy takes", async () => {
    const { one } = scene([{ kind: "accepted" }, rejected, rejected], tryOutBad);
    await one.apply(bytesOf(tcp));
    expect(await one.apply(bytesOf(bad))).toEqual({
      reject: "envoy rejected it, also without the rules at fault: no such thing",
    });
    expect(one.inForce.compiled.policy.rules).toHaveLength(1);
  });

  test("a port keeps its chain after its last rule, so that nothing drains", async () => {
    const { one, calls } = scene();
    await one.apply(bytesOf(http));
    await one.apply(bytesOf(tcp));
    expect(calls.filter((call) => call.startsWith("offer"))).toEqual(["offer http-80", "offer http-80"]);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ["bytes that are no policy", Buffer.from("nonsense"), /no EffectivePolicy/],
    ["the policy of another proxy", bytesOf(tcp, { proxy: "web-2" }), /this is default\/web-1/],
    ["one port for both listeners", bytesOf(tcp, { redirectPortOutbound: 15_003 }), /both listeners/],
  ])("refuses %s before anything is changed", async (_, bytes, why) => {
    const { one, calls } = scene();
    expect(await one.apply(bytes)).toEqual({ reject: expect.stringMatching(why) });
    expect(calls).toEqual([]);
  });

  test("takes one policy at a time, and the same one again for nothing", async () => {
    const { one, calls } = scene();
    await Promise.all([one.begin(), one.apply(bytesOf(tcp)), one.apply(bytesOf(tcp)), one.apply(bytesOf(http))]);
    expect(calls.filter((call) => call.startsWith("offer"))).toEqual(["offer ", "offer ", "offer http-80"]);
  });

  test("denies everything when Envoy refuses the policy from disk", async () => {
    const { one, calls } = scene([{ kind: "rejected", why: "old" }]);
    await one.begin();
    expect(calls.filter((call) => call.startsWith("offer"))).toHaveLength(2);
    expect(one.inForce.bytes).toBeUndefined();
  });

  test("looks then which rule of it is at fault, and enforces the others", async () => {
    const initial = { compiled: compile(proxyPolicy(bad), []), quarantined: [], bytes: bytesOf(bad) };
    const { one, calls } = scene([rejected, { kind: "accepted" }, rejected], tryOutBad, initial);
    await one.begin();
    expect(one.inForce.bytes).toBeUndefined();
    await one.received;
    expect(one.inForce.compiled.policy.rules).toHaveLength(2);
    expect(calls.filter((call) => call.startsWith("offer"))).toHaveLength(4);
  });

  test("denies when Envoy rejects even the denial, and does not say that anything else is in force", async () => {
    const initial = { compiled: compile(proxyPolicy(tcp), []), quarantined: [], bytes: bytesOf(tcp) };
    const { one } = scene([rejected, rejected, rejected], undefined, initial);
    await one.begin();
    expect(one.inForce.bytes).toBeUndefined();
    expect(await one.apply(bytesOf(tcp))).toEqual({ ok: true });
  });
});

describe("a compiled policy", () => {
  const host: HostFacts = { identity: { kind: "uid", uid: 5678 }, resolvers: [], ipv6: true };
  const listeners = (facts: HostFacts, more: Partial<ProxyPolicy> = {}) =>
    compilePolicy(proxyPolicy(policyOf("All"), more), facts, []);

  test("has one listener and half a second where the redirection is somebody else's", () => {
    const { snapshot, ports, inspectionMs, redirect } = listeners(host);
    expect([[...snapshot.listeners.keys()], ports, inspectionMs, redirect]).toEqual([
      ["mp:out"],
      [15_001],
      500,
      undefined,
    ]);
  });

  test("is on the Dataplane's port, unless another one was fixed", () => {
    const ours = { ...host, rawPort: 15_003 };
    expect(listeners(ours, { redirectPortOutbound: 16_001 }).ports).toEqual([16_001, 15_003]);
    expect(listeners(ours, { redirectPortOutbound: 0 }).ports).toEqual([15_001, 15_003]);
    expect(listeners({ ...ours, fixedOutboundPort: 17_001 }, { redirectPortOutbound: 16_001 }).ports[0]).toBe(17_001);
  });

  test("refuses IPv6 where the Dataplane has none", () => {
    const ours = { ...host, rawPort: 15_003 };
    expect(listeners(ours, { ipFamilyMode: "IPv4" }).redirect?.ipv6).toBe("refuse");
    expect(listeners(ours, { ipFamilyMode: "DualStack" }).redirect?.ipv6).toBe("redirect");
  });
});
