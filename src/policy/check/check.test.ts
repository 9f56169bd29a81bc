import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { check, type SourceText } from "./index.ts";

const MESH = "type: Mesh\nname: default\n";
const WEB = `type: Dataplane
mesh: default
name: web-1
networking:
  address: 10.0.0.1
  inbound:
  - {port: 8080, tags: {kuma.io/service: web}}
  transparentProxying: {redirectPortOutbound: 15001, redirectPortInbound: 15006}
`;
const policy = (name: string, rule: string): string =>
  `type: MeshPassthrough\nmesh: default\nname: ${name}\nspec:\n  default:\n    passthroughMode: Matched\n    appendMatch:\n    - {${rule}}\n`;
const GOOD = "type: Domain, value: httpbin.org, port: 443, protocol: tls";
const files = (texts: Readonly<Record<string, string>>): SourceText[] =>
  Object.entries(texts).map(([file, text]) => ({ file, text }));

test("texts become resources with labels, proxies with what they enforce, and no words", () => {
  const checked = check(files({ "a.yaml": `${MESH}---\n${WEB}`, "b.yaml": policy("p", GOOD) }));
  expect(checked.diagnostics).toEqual([]);
  expect(checked.resources.map(({ resource }) => resource.type)).toEqual(["Mesh", "Dataplane", "MeshPassthrough"]);
  expect(checked.resources[2]?.resource.meta.labels).toEqual({ "kuma.io/mesh": "default" });
  const [proxy] = checked.proxies;
  expect(proxy?.dataplane.meta.name).toBe("web-1");
  expect(proxy?.effective).toMatchObject({ enforced: true, mode: { value: "Matched", source: { name: "p" } } });
  expect(proxy?.policies).toMatchObject([{ policy: { meta: { name: "p" } }, selection: { selected: true } }]);
});

test("a resource with an error is in no list, the others are", () => {
  const checked = check(
    files({
      "a.yaml": WEB,
      "bad.yaml": policy("bad", "type: Domain, value: a.b, protocol: tcp"),
      "good.yaml": policy("good", GOOD),
    }),
  );
  expect(checked.resources.map(({ resource }) => resource.meta.name)).toEqual(["web-1", "good"]);
  expect(checked.proxies[0]?.policies.map(({ policy: { meta } }) => meta.name)).toEqual(["good"]);
  expect(checked.diagnostics.map(({ code, span, resource }) => `${span?.file} ${code} ${resource}`)).toEqual([
    "bad.yaml E201-tcp-domain MeshPassthrough/default/bad",
  ]);
});

test("two resources of one name are both left out", () => {
  const checked = check(files({ "a.yaml": policy("p", GOOD), "b.yaml": policy("p", GOOD) }));
  expect(checked.resources).toEqual([]);
  expect(checked.diagnostics.map(({ code }) => code)).toEqual(["E205-duplicate-resource", "E205-duplicate-resource"]);
});

test("the faults of labels have a place", () => {
  const text = "type: MeshPassthrough\nmesh: default\nname: p\nlabels:\n  kuma.io/zone: west\nspec: {}\n";
  expect(check([{ file: "a.yaml", text }]).diagnostics).toEqual([]);
  const [fault] = check([{ file: "a.yaml", text }], { zone: "east" }).diagnostics;
  expect(fault).toMatchObject({ code: "E118-computed-label", span: { start: { line: 5, column: 17 } } });
});

test("options reach the labels: system namespace and zone decide the role and the precedence", () => {
  const text = "apiVersion: kuma.io/v1alpha1\nkind: MeshPassthrough\nmetadata: {name: p, namespace: shop}\nspec: {}\n";
  const labels = (options: Parameters<typeof check>[1]) =>
    check([{ file: "a.yaml", text }], options).resources[0]?.resource.meta.labels;
  expect(labels({})?.["kuma.io/policy-role"]).toBe("workload-owner");
  expect(labels({ systemNamespace: "shop" })?.["kuma.io/policy-role"]).toBe("system");
  expect(labels({ zone: "east", environment: "universal" })).toMatchObject({
    "kuma.io/origin": "zone",
    "kuma.io/zone": "east",
    "kuma.io/env": "universal",
  });
});

describe("a proxy on which nothing is enforced is a warning", () => {
  test.each([
    ["no transparent proxy", WEB.replace(/ {2}transparent.*\n/, "")],
    ["no port for it", WEB.replace("redirectPortOutbound: 15001, ", "")],
    [
      "a builtin gateway",
      WEB.replace(/ {2}inbound:\n.*\n/, "  gateway: {type: BUILTIN, tags: {kuma.io/service: edge}}\n"),
    ],
  ])("%s", (_, text) => {
    const checked = check([{ file: "a.yaml", text }]);
    expect(checked.diagnostics.map(({ code, span }) => `${code} ${span?.start.line}`)).toEqual(["W305-not-enforced 3"]);
    expect(checked.proxies[0]?.effective.enforced).not.toBe(true);
  });
});

describe("test files", () => {
  const suite = "proxy: {mesh: default, name: web-1}\ncases:\n- {connection: 'tls://a.b', want: deny}\n";

  test("are no resources, and find their proxy among all that was read", () => {
    const checked = check(files({ "x.test.yaml": suite, "a.yaml": WEB }));
    expect(checked.diagnostics).toEqual([]);
    expect(checked.suites.map(({ proxy, suite: { cases } }) => [proxy.dataplane.meta.name, cases.length])).toEqual([
      ["web-1", 1],
    ]);
  });

  test("with resources of their own are about these alone", () => {
    const own = `resources:\n- ${policy("own", GOOD).trim().replaceAll("\n", "\n  ")}\nproxy:\n  ${WEB.trim().replaceAll("\n", "\n  ")}\ncases: []\n`;
    const checked = check(files({ "x.test.yaml": own, "a.yaml": policy("around", GOOD) }));
    expect(checked.diagnostics).toEqual([]);
    expect(checked.suites[0]?.proxy.policies.map(({ policy: { meta } }) => meta.name)).toEqual(["own"]);
    expect(checked.resources.map(({ resource }) => resource.meta.name)).toEqual(["around"]);
  });

  test("with files are about these, wherever they lie", () => {
    const texts = {
      "t/x.test.yaml": `files: [../p/./a.yaml, web.yaml]\n${suite}`,
      "p/a.yaml": policy("p", GOOD),
      "t/web.yaml": WEB,
      "z.yaml": policy("z", GOOD),
    };
    const checked = check(files(texts));
    expect(checked.diagnostics).toEqual([]);
    expect(checked.suites[0]?.proxy.policies.map(({ policy: { meta } }) => meta.name)).toEqual(["p"]);
  });

  test("with files repeat nothing of what was said of these", () => {
    const texts = {
      "x.test.yaml": `files: [a.yaml, web.yaml]\n${suite}`,
      "a.yaml": policy("p", "type: IP, value: 1.2.3.4, protocol: tcp"),
      "web.yaml": WEB,
    };
    expect(check(files(texts)).diagnostics.map(({ code }) => code)).toEqual(["W304-tcp-admits-all"]);
  });

  test("that name what is not there are told", () => {
    const checked = check(files({ "x.test.yaml": `files: [no.yaml]\n${suite}`, "a.yaml": WEB }));
    expect(checked.suites).toEqual([]);
    expect(checked.diagnostics.map(({ code, span }) => `${code} ${span?.start.line}`)).toEqual([
      "E207-unread-file 1",
      "E206-unknown-proxy 2",
    ]);
  });

  test("the faults of their resources are told once, at their place", () => {
    const own = `resources:\n- ${policy("own", "type: Domain, value: a.b, protocol: tcp").trim().replaceAll("\n", "\n  ")}\nproxy: {mesh: default, name: web-1}\ncases: []\n`;
    const checked = check(files({ "x.test.yaml": own }));
    expect(checked.diagnostics.map(({ code, span }) => `${code} ${span?.start.line}`)).toEqual([
      "E201-tcp-domain 9",
      "E206-unknown-proxy 10",
    ]);
  });
});

const text = fc.oneof(
  fc.constantFrom(
    MESH,
    WEB,
    policy("p", GOOD),
    policy("q", "type: IP, value: 1.2.3.4, protocol: tcp"),
    policy("r", "type: Domain, value: 'a b', protocol: tcp"),
  ),
  fc.constantFrom(
    "type: MeshPassthrough\nmesh: other\nname: p\nspec: {}\n",
    "{",
    "a: 1\n",
    WEB.replace("web-1", "web-2"),
    "type: Mesh\nname: second\n",
  ),
  fc.string(),
);

test("law: what is found does not depend on the order of the files", () => {
  const shuffled = fc
    .array(text, { maxLength: 5 })
    .map((texts) => texts.map((t, i) => ({ file: `f${i}.yaml`, text: t })))
    .chain((texts) => fc.tuple(fc.constant(texts), fc.shuffledSubarray(texts, { minLength: texts.length })));
  fc.assert(
    fc.property(shuffled, ([texts, others]) => {
      const [a, b] = [check(texts), check(others)];
      const bare = ({ diagnostics }: ReturnType<typeof check>) => diagnostics.map(({ help: _, ...rest }) => rest);
      expect(bare(b)).toEqual(bare(a));
      const enforced = ({ proxies }: ReturnType<typeof check>) =>
        proxies
          .map(({ dataplane: { meta }, effective: { enforced, mode, rules } }) =>
            JSON.stringify([
              meta.name,
              enforced,
              mode,
              rules.map(({ source, value: { written } }) => [source, written]),
            ]),
          )
          .sort();
      expect(enforced(b)).toEqual(enforced(a));
    }),
    { numRuns: 300 },
  );
});

test("100,000 rules take time in proportion", () => {
  const rules = (n: number) =>
    policy("p", GOOD) +
    Array.from(
      { length: n },
      (_, i) => `    - {type: Domain, value: h${i}.example, port: ${1 + (i % 3)}, protocol: tls}\n`,
    ).join("");
  const time = (n: number) => {
    const start = performance.now();
    const checked = check([
      { file: "a.yaml", text: rules(n) },
      { file: "w.yaml", text: WEB },
    ]);
    expect(checked.diagnostics).toEqual([]);
    expect(checked.proxies[0]?.effective.rules.length).toBe(n + 1);
    return performance.now() - start;
  };
  time(2000);
  expect(time(40_000) / time(4000)).toBeLessThan(40); // quadratic would be 100
}, 200_000);

test("at kuma-2.9 each proxy says what selects it in Kuma, and what that is merged to", () => {
  const texts = files({
    "a.yaml": WEB.replace("{port: 8080,", "{state: Ignored, port: 8080,"),
    "b.yaml": WEB.replace("web-1", "web-2"),
    "p.yaml": policy("p", GOOD),
    "q.yaml": policy("q", GOOD).replace("mesh: default", "mesh: other"),
  });
  const { proxies } = check(texts, { compatibility: "kuma-2.9" });
  expect(proxies.map(({ kuma }) => kuma?.selected.map(({ meta }) => meta.name))).toEqual([[], ["p"]]);
  expect(proxies.map(({ kuma }) => kuma?.merged?.origin)).toEqual([undefined, [{ mesh: "default", name: "p" }]]);
  expect(proxies.map(({ effective }) => effective.mode.value)).toEqual(["Matched", "Matched"]);
  expect(check(texts).proxies.some((proxy) => "kuma" in proxy)).toBe(false);
});
