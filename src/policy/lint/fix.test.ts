import fc from "fast-check";
import { expect, test } from "vitest";
import { enough } from "../../../test/laws/enough.ts";
import { writtenRule } from "../../../test/laws/rule-arbitraries.ts";
import { check } from "../check/index.ts";
import { type EffectivePolicy, MODES } from "../model/index.ts";
import { equal, policySpace, rulesSpace } from "../space/index.ts";
import { fix } from "./fix.ts";
import { checked, filesOf, policyText, proxyText } from "./lint.testing.ts";
import { type LintInput, lint } from "./lint.ts";

const CODE = "L401-rule-without-effect";

function fixed(...texts: readonly string[]): (string | undefined)[] {
  const files = filesOf(texts);
  const byFile = new Map(fix(checked(texts), files).map(({ file, text }) => [file, text]));
  return files.map(({ file }) => byFile.get(file));
}

const BLOCK = `# Who may go where.
type: MeshPassthrough
mesh: default
name:   p   # odd spaces stay
spec:
  default:
    passthroughMode: Matched
    appendMatch:
    # the encyclopedia
    - type: Domain # goes
      value: en.wikipedia.org
      protocol: tls
      port: 443 # goes too

    # all of it
    - { port: 443, type: Domain, value: '*.wikipedia.org', protocol: tls }
    -   type: IP
        value: 10.0.0.7
        protocol: tcp
        port: 5432
    - type: Domain
      value: "de.wikipedia.org"
      protocol: tls
      port: 443`;

test("a suppression above a rule goes with it: it would allow what is found in the next rule", () => {
  const policy = (...rules: readonly string[]): string =>
    `type: MeshPassthrough\nmesh: default\nname: p\nspec:\n  default:\n    passthroughMode: Matched\n    appendMatch:\n${rules.map((rule) => `    ${rule}\n`).join("")}`;
  const all = "- {type: CIDR, value: 0.0.0.0/0, port: 1, protocol: tcp}";
  const some = "- {type: CIDR, value: 10.0.0.0/9, port: 1, protocol: tcp}";
  const other = "- {type: CIDR, value: 0.0.0.0/0, port: 2, protocol: tcp}";
  const suppression = "# sallyport: allow L410-no-ipv6-twin agreed on";
  expect(fixed(policy(all, suppression, "# of a vendor", some, suppression, other))).toEqual([
    policy(all, "# of a vendor", suppression, other),
  ]);
  const before = policy(all, "# sallyport: allow L404-public-suffix it is theirs", some, suppression, other);
  expect(fixed(before)).toEqual([policy(all, suppression, other)]);
  // On one line, it counts for the rules that stay too.
  const flow = `type: MeshPassthrough\nmesh: default\nname: p\nspec:\n  default:\n    passthroughMode: Matched\n    appendMatch:\n    ${suppression}\n      [${[all, some].map((rule) => rule.slice(2)).join(", ")}]\n`;
  expect(fixed(flow)).toEqual([flow.replace(`, ${some.slice(2)}`, "")]);
});

test("rules go; comments above them, order, spaces and quotes stay", () => {
  expect(fixed(BLOCK)).toEqual([
    `# Who may go where.
type: MeshPassthrough
mesh: default
name:   p   # odd spaces stay
spec:
  default:
    passthroughMode: Matched
    appendMatch:
    # the encyclopedia

    # all of it
    - { port: 443, type: Domain, value: '*.wikipedia.org', protocol: tls }
    -   type: IP
        value: 10.0.0.7
        protocol: tcp
        port: 5432
`,
  ]);
});

test("line ends of Windows stay", () => {
  expect(fixed(BLOCK.replaceAll("\n", "\r\n"))).toEqual([fixed(BLOCK)[0]?.replaceAll("\n", "\r\n")]);
});

test("JSON stays JSON", () => {
  const rule = (value: string) => ({ type: "Domain", value, protocol: "tls", port: 443 });
  const policy = (...values: readonly string[]) => ({
    type: "MeshPassthrough",
    mesh: "default",
    name: "p",
    spec: { default: { passthroughMode: "Matched", appendMatch: values.map(rule) } },
  });
  const before = policy("a.b.example.com", "c.example.com", "*.b.example.com", "d.b.example.com");
  const after = policy("c.example.com", "*.b.example.com");
  for (const indent of [undefined, 2])
    expect(fixed(JSON.stringify(before, undefined, indent))).toEqual([JSON.stringify(after, undefined, indent)]);
});

test("several policies of one file and of a list", () => {
  const rules = ["IP 10.0.0.7 tcp 1", "CIDR 10.0.0.0/24 tcp 1"];
  const two = [
    policyText({ name: "a", rules }),
    policyText({ name: "b", rules, target: "{ kind: MeshSubset, tags: { t: a } }" }),
  ];
  const lean = two.map((text) => text.replace(/.*10\.0\.0\.7.*\n/, ""));
  expect(fixed(two.join("---\n"))).toEqual([lean.join("---\n")]);
  const item = (text: string) =>
    text
      .replace(/^/gm, "  ")
      .replace(/^ {2}type/, "- type")
      .trimEnd();
  expect(fixed(`items:\n${two.map(item).join("\n")}\n`)).toEqual([`items:\n${lean.map(item).join("\n")}\n`]);
});

test("what stands beside a rule of another policy stays", () => {
  const wide = policyText({ name: "wide", rules: ["CIDR 10.0.0.0/24 tcp 1"] });
  expect(fixed(wide, policyText({ name: "narrow", rules: ["IP 10.0.0.7 tcp 1"] }))).toEqual([undefined, undefined]);
});

test("what is allowed with a reason stays", () => {
  const rules = ["IP 10.0.0.7 tcp 1", "CIDR 10.0.0.0/24 tcp 1"];
  const text = policyText({ rules }).replace("tcp, port: 1 }", `tcp, port: 1 } # sallyport: allow ${CODE} for readers`);
  expect(fixed(text)).toEqual([undefined]);
});

test("what cannot go alone stays: an anchor that is used, a list that two policies share", () => {
  const anchored = policyText({ rules: ["IP 10.0.0.7 tcp 1", "CIDR 10.0.0.0/24 tcp 1"] }).replace(
    "'10.0.0.7'",
    "&a '10.0.0.7'",
  );
  expect(fixed(anchored)).toEqual([undefined]);
  const policy = (name: string, list: string) =>
    `- type: MeshPassthrough\n  mesh: default\n  name: ${name}\n  spec:\n    default:\n      passthroughMode: Matched\n      appendMatch: ${list}\n`;
  const list =
    "&l [{ type: IP, value: 10.0.0.7, protocol: tcp, port: 1 }, { type: CIDR, value: 10.0.0.0/24, protocol: tcp, port: 1 }]";
  const shared = `items:\n${policy("a", list)}${policy("b", "*l")}`;
  // Taking it out of one takes it out of the other, where it had no effect either: both are meant.
  expect(fixed(shared)).toEqual([shared.replace("{ type: IP, value: 10.0.0.7, protocol: tcp, port: 1 }, ", "")]);
  const allowed = `${policy("b", "*l").trimEnd()}\n  labels: { sallyport.io/lint-allow: ${CODE}_readers }\n`;
  expect(fixed(`items:\n${policy("a", list)}${allowed}`)).toEqual([undefined]);
});

const STYLES = [
  (rule: string) => `    - ${rule}`,
  (rule: string) => `    # about the next\n    - ${rule} # about this`,
  (rule: string) => `    - ${rule.replace(/^\{ /, "").replace(/ \}$/, "").replaceAll(", ", "\n      ")}`,
  (rule: string) => `    -\n      ${rule}\n`,
];

test("law: fixing changes no verdict, and leaves nothing to fix", () => {
  // The language refuses two of http, http2, grpc on a port, wildcards of http without one, and a rule written twice.
  const allowed = writtenRule.filter(
    ({ value, protocol, port }) =>
      protocol !== "http2" &&
      protocol !== "grpc" &&
      !(protocol === "http" && port === undefined && value.startsWith("*")),
  );
  const entries = fc.uniqueArray(fc.tuple(allowed, fc.constantFrom(...STYLES)), {
    minLength: 1,
    maxLength: 6,
    selector: ([written]) => JSON.stringify(written),
  });
  const texts = entries.map((list) =>
    list.map(([{ type, value, protocol, port }, style]) =>
      style(
        `{ type: ${type}, value: "${value}", protocol: ${protocol}${port === undefined ? "" : `, port: ${port}`} }`,
      ),
    ),
  );
  const policies = fc.array(fc.tuple(texts, fc.constantFrom(...MODES)), { maxLength: 3 });
  let fixes = 0;
  fc.assert(
    fc.property(policies, (list) => {
      const text = list
        .map(([entries, mode], i) =>
          policyText({ name: `p${i}`, mode }).concat("    appendMatch:\n", entries.join("\n"), "\n"),
        )
        .concat(proxyText())
        .join("---\n");
      const before = check([{ file: "0.yaml", text }]);
      expect(before.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
      const [after = text] = fixed(text);
      if (after !== text) fixes++;
      const now = check([{ file: "0.yaml", text: after }]);
      expect(spaceOf(now)).toHaveLength(1);
      expect(equal(...pair(spaceOf(before)[0], spaceOf(now)[0]))).toBe(true);
      for (const [i, { resource }] of before.resources.entries()) {
        const other = now.resources[i]?.resource;
        if (resource.type === "MeshPassthrough" && other?.type === "MeshPassthrough")
          expect(equal(rulesSpace(resource.rules), rulesSpace(other.rules))).toBe(true);
      }
      expect(after.match(/# about the next/g)).toEqual(text.match(/# about the next/g));
      expect(fixed(after)).toEqual([undefined]);
      const same = lint(now).filter(({ code, message }) => code === CODE && !message.includes("on every proxy"));
      expect(same).toEqual([]);
    }),
    { numRuns: 300 },
  );
  expect(fixes).toBeGreaterThan(enough(50));
});

const spaceOf = ({ proxies }: LintInput) =>
  proxies.map(({ effective }: { effective: EffectivePolicy }) => policySpace(effective));

function pair<T>(a: T | undefined, b: T | undefined): [T, T] {
  if (a === undefined || b === undefined) throw new TypeError("there is a proxy");
  return [a, b];
}
