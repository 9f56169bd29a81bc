import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { connection, effectivePolicy, policyAndConnection } from "../../test/laws/arbitraries.ts";
import { dataplane, ip, mesh, meta, policy, port } from "../../test/laws/builders.ts";
import { enough } from "../../test/laws/enough.ts";
import { decide } from "../policy/decide/index.ts";
import type { Connection, EffectivePolicy, MeshPassthrough } from "../policy/model/index.ts";
import { isWellFormedHost } from "../policy/net/index.ts";
import { classesSpace, holdsConnection } from "../policy/space/index.ts";
import { type Arrival, codecRefuses } from "../simulate/index.ts";
import { compareKuma, DIFFERENCES, type KumaComparison, reaches, viewComparisons } from "./index.ts";
import { kumaWorld } from "./kuma-world.ts";

const ALL = new Set(DIFFERENCES);
const NONE: ReadonlySet<never> = new Set();

/** One policy with the mode and rules of an effective one. */
const policyWith = ({ mode, rules }: EffectivePolicy): MeshPassthrough => ({
  ...policy("p"),
  mode: mode.value,
  rules: rules.map(({ value }) => value),
});

const compared = (...policies: readonly MeshPassthrough[]): KumaComparison =>
  compareKuma(mesh(), policies, dataplane());

/** What sets of connections can say: HTTP from version 1.1, names that clients send and Envoy's codec takes. */
function isPlain(one: Connection): boolean {
  if (one.kind === "opaque") return true;
  if (one.kind === "tls") return one.serverName === undefined || !one.serverName.endsWith(".");
  const { host, version } = one;
  return version !== "1.0" && host !== undefined && isWellFormedHost(host) && !codecRefuses({ connection: one }, "-");
}

test("law: with no difference put in, a connection reaches its destination if `decide` allows it", () => {
  fc.assert(
    fc.property(policyAndConnection(), ([policy, one]) => {
      fc.pre(isPlain(one) || one.kind === "tls");
      expect(reaches(policy, { connection: one }, NONE)).toBe(decide(policy, one).kind === "allow");
    }),
    { numRuns: 3000 },
  );
});

test("law: classes hold exactly the connections that have another verdict, as Kuma's chains decide them", () => {
  const cases = effectivePolicy.chain((one) =>
    fc.tuple(fc.constant(one), fc.array(policyAndConnection(fc.constant(one)), { minLength: 8, maxLength: 8 })),
  );
  let enforced = 0;
  fc.assert(
    fc.property(cases, ([one, connections]) => {
      const policies = [policyWith(one)];
      const { state, differences } = compared(...policies);
      if (state !== "enforced") return;
      enforced++;
      const world = kumaWorld(mesh(), policies, dataplane());
      const classes = differences.flatMap((d) => (d.class === undefined ? [] : [{ ...d, class: d.class }]));
      for (const [, connection] of connections.filter(([, c]) => isPlain(c))) {
        const answer = world.answer({ connection });
        if (answer === "unclear") continue;
        const documented = reaches(world.documented, { connection }, NONE);
        const of = (verdict: "allow" | "deny") =>
          classes.some((d) => d.documented === verdict && holdsConnection(classesSpace([d.class]), connection));
        expect([of("allow"), of("deny")]).toEqual([
          documented && answer !== "admitted",
          !documented && answer === "admitted",
        ]);
      }
    }),
    { numRuns: 400 },
  );
  expect(enforced).toBeGreaterThan(enough(100));
});

test("law: every witness is decided as it is said, by the documentation and by Kuma's chains, and is explained", () => {
  fc.assert(
    fc.property(effectivePolicy, (one) => {
      const policies = [policyWith(one)];
      const world = kumaWorld(mesh(), policies, dataplane());
      for (const { documented, kuma, because, witness } of compared(...policies).differences) {
        expect(world.answer(witness)).toBe(kuma);
        if (kuma !== "unclear") expect(kuma === "admitted").toBe(documented === "deny");
        expect(world.reaches(witness, NONE)).toBe(documented === "allow");
        expect(because).not.toEqual([]);
        expect(world.reaches(witness, new Set(because))).toBe(world.reaches(witness, ALL));
      }
    }),
    { numRuns: 300 },
  );
});

test("law: connections to the proxy itself never get out by the documentation", () => {
  fc.assert(
    fc.property(effectivePolicy, connection, (one, c) => {
      fc.pre(one.enforced === true);
      expect(reaches(one, { connection: c, isOwn: true }, NONE)).toBe(false);
    }),
  );
});

/** Each difference in one small world: the first of the list must be explained by it alone. */
const SMALL: readonly (readonly [id: string, rules: readonly string[], documented: "allow" | "deny", kuma: unknown])[] =
  [
    ["D2", ["CIDR 10.0.0.0/8 http 443", "Domain a.test tls 443"], "allow", "closed"],
    ["D5", ["IP 10.0.0.1 http 80"], "allow", "closed"],
    ["D6", ["IP 10.0.0.1 http2 80"], "deny", "admitted"],
    ["D7", ["Domain a.test http2 80"], "allow", 503],
    ["D14", ["IP ::ffff:10.0.0.1 tls 443"], "allow", "closed"],
    ["D17", ["IP 10.0.0.1 tcp 443"], "allow", "closed"],
    ["D18", ["IP 192.168.0.1 tls 15001"], "deny", "admitted"],
    ["host", ["Domain *.a.test http 80"], "deny", "admitted"],
  ];

describe("differences on their own", () => {
  test.each(SMALL)("%s: %j", (id, rules, documented, kuma) => {
    const { differences } = compared(policy("p", { mode: "Matched", rules }));
    expect(differences.filter(({ because }) => because.join() === id)[0]).toMatchObject({ documented, kuma });
  });

  test("D1: without a mode a list counts as Matched in Universal form, as None in Kubernetes form", () => {
    const unset = policy("p", { rules: ["Domain a.test tls 443"] });
    const [only, ...more] = compared(unset).differences;
    expect([only?.because, only?.documented, more]).toEqual([["D1"], "deny", []]);
    const kubernetes = { ...unset, meta: meta("p", { form: "kubernetes" }) };
    expect(compared(kubernetes).differences).toEqual([]);
    // There it also overrides a mode of lower precedence.
    const below = policy("z", { mode: "All" });
    const over = compareKuma(mesh(), [below, kubernetes], dataplane()).differences;
    expect(over.map(({ because, documented }) => [because, documented])).toContainEqual([["D1"], "allow"]);
  });

  test("D10: a sidecar with nothing but ignored inbounds is selected by nothing", () => {
    const ignored = dataplane({ inbound: [{ port: 80, tags: {}, state: "Ignored" }] });
    const { differences } = compareKuma(mesh(), [policy("p", { mode: "None" })], ignored);
    expect(differences.map(({ because, documented }) => [because, documented])).toContainEqual([["D10"], "deny"]);
    expect(compareKuma(mesh(false), [policy("p", { mode: "None" })], ignored).differences).toEqual([]);
  });
});

describe("what Kuma cannot enforce", () => {
  test("D4: several L7 protocols on one port freeze the proxy, and the rules that are enough are named", () => {
    const rules = ["Domain b.test tls 443", "Domain a.test http 80", "IP 10.0.0.1 tcp 80"];
    const one = policy("a", { mode: "Matched", rules });
    const other = policy("b", { mode: "Matched", rules: ["Domain c.test grpc 80"] });
    const { state, refusals, differences } = compared(one, other);
    expect([state, differences]).toEqual(["frozen", []]);
    expect(refusals.map(({ kind, because }) => [kind, because])).toEqual([["frozen", "D4"]]);
    expect(refusals[0]?.rules.map(({ source }) => `${source.name}#${source.index}`).sort()).toEqual(["a#1", "b#0"]);
  });

  test.each([
    ["D4", ["Domain a.test http", "Domain b.test http2 80"]],
    ["D14", ["IP 10.0.0.1 tcp 80", "CIDR 10.0.0.1/32 tcp 80"]],
    ["D14", ["CIDR 10.0.0.0/8 tls", "CIDR 10.1.2.3/8 tls"]],
    ["D14", ["Domain a.test http 80", "Domain A.test http 80"]],
    [undefined, ["Domain * http 80"]],
  ])("%s: its Envoy refuses %j", (because, rules) => {
    const policies = rules.map((rule, i) => policy(`p${i}`, { mode: "Matched", rules: [rule] }));
    const { state, refusals } = compared(...policies);
    expect([state, refusals.map((r) => [r.kind, r.because, r.rules.length])]).toEqual([
      "refused",
      [["refused", because, rules.length]],
    ]);
  });
});

test("what does not differ is not listed", () => {
  for (const [mode, rules] of [
    ["None", []],
    ["Matched", []],
    ["Matched", ["Domain a.test tls 443", "Domain *.b.test tls 8443", "IP 2001:db8::1 tls"]],
  ] as const)
    expect(compared(policy("p", { mode, rules })).differences).toEqual([]);
});

test("what tcp rules let out here comes first, then the broader", () => {
  const hidden = ["CIDR 128.0.0.0/1 http 8443", "Domain *.a.test tls 8443"]; // broad, and no tcp rule
  const narrow = ["IP 10.0.0.1 http 80", "IP 10.0.0.2 tcp 443", "CIDR 10.1.0.0/16 tcp 9000", "IP 10.0.0.3 http2 8080"];
  const rules = [...hidden, ...narrow];
  const { differences } = compared(policy("p", { mode: "Matched", rules }));
  const order = differences.map(({ because, documented }) => `${because.join()} ${documented}`);
  expect(order.slice(0, 3)).toEqual(["D17 allow", "D17 allow", "D2 allow"]);
  expect(differences[0]?.connections).toContain("10.1.0.0/16");
  expect(order.at(-1)).toBe("D6 deny");
});

test("D2: of the chains of one block HTTP gets that of HTTP, where a tcp rule would let it through", () => {
  const policies = [policy("p", { mode: "Matched", rules: ["IP 10.0.0.1 tcp 80", "IP 10.0.0.1 http 80"] })];
  const world = kumaWorld(mesh(), policies, dataplane());
  const destination = { ip: ip("10.0.0.1"), port: port(80) };
  const arrival: Arrival = {
    connection: { kind: "http", version: "1.1", isGrpc: false, host: "a.test", destination },
    upgrade: "websocket",
  };
  expect([world.reaches(arrival, NONE), world.reaches(arrival, ALL), world.answer(arrival)]).toEqual([
    true,
    false,
    403,
  ]);
});

test("a block of all addresses beside names is named: which one Envoy takes is chance", () => {
  const rules = ["CIDR 0.0.0.0/0 tcp 443", "Domain a.test tls 443"];
  expect(compared(policy("p", { mode: "Matched", rules })).undefinedPorts).toEqual([443]);
  const arrival: Arrival = {
    connection: { kind: "tls", serverName: "a.test", destination: { ip: ip("10.0.0.1"), port: port(443) } },
  };
  const world = kumaWorld(mesh(), [policy("p", { mode: "Matched", rules })], dataplane());
  expect(world.answer(arrival)).toBe("unclear");
});

test("with redirection of IPv4 alone nothing is said of IPv6", () => {
  const proxying = { redirectPortOutbound: 15_001, redirectPortInbound: 15_006, ipFamilyMode: "IPv4" } as const;
  const only4 = dataplane({ transparentProxying: proxying });
  const rules = ["IP 2001:db8::1 tcp 443", "CIDR ::/0 http2 80"];
  const { differences, onlyIpv4 } = compareKuma(mesh(), [policy("p", { mode: "Matched", rules })], only4);
  expect([differences, onlyIpv4]).toEqual([[], true]);
});

test("proxies that differ in the same way are told together", () => {
  const policies = [policy("p", { mode: "Matched", rules: ["IP 10.0.0.1 tcp 443"] })];
  const proxies = ["web-1", "web-2"].map((name) => compareKuma(mesh(), policies, dataplane({ meta: meta(name) })));
  expect(viewComparisons(proxies).map((view) => view.proxies.map(({ name }) => name))).toEqual([["web-1", "web-2"]]);
});
