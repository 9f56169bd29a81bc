import { expect, test } from "vitest";
import type { LintCode } from "../diagnostics/index.ts";
import { checked, filesOf, policyText, proxyText } from "./lint.testing.ts";
import { lint } from "./lint.ts";

const ALL_PORTS = "L406-all-ports";
/** Its rules are on lines 8 and 9. */
const TEXT = policyText({ rules: ["IP 10.0.0.1 tcp", "IP 10.0.0.2 tcp"] });
const inLine = (number: number, line: string, text = TEXT): string => {
  const lines = text.split("\n");
  lines.splice(number - 1, 0, line);
  return lines.join("\n");
};
const atEnd = (number: number, comment: string): string =>
  TEXT.split("\n")
    .map((line, i) => (i === number - 1 ? `${line} ${comment}` : line))
    .join("\n");

function found(texts: readonly string[], options: { enable?: LintCode[]; disable?: LintCode[] } = {}): string[] {
  const diagnostics = lint(checked(texts), { texts: filesOf(texts), ...options });
  return diagnostics.map(({ code, span }) => `${span?.start.line} ${code}`);
}

test("a comment on the line, or above it, allows what is found there and nothing else", () => {
  expect(found([TEXT])).toEqual([`8 ${ALL_PORTS}`, `9 ${ALL_PORTS}`]);
  expect(found([atEnd(8, `# sallyport: allow ${ALL_PORTS} a lab`)])).toEqual([`9 ${ALL_PORTS}`]);
  expect(found([inLine(8, `# sallyport: allow ${ALL_PORTS} a lab`)])).toEqual([`10 ${ALL_PORTS}`]);
  expect(found([inLine(8, `    #sallyport:allow ${ALL_PORTS} a lab\n    # and more words`)])).toEqual([
    `11 ${ALL_PORTS}`,
  ]);
});

test("above the rule it allows what is found in a field of it", () => {
  const text = `${policyText({ rules: ["IP 10.0.0.1 tcp 1"] })}    # sallyport: allow L405-broad-destination the crawler\n    - type: CIDR\n      value: 0.0.0.0/1\n      protocol: tcp\n      port: 443\n`;
  expect(found([text])).toEqual([]);
});

test("above the document, or at the name, it allows what is found of the policy", () => {
  const texts = (text: string) => [text, proxyText()];
  const policy = policyText({ target: "{ kind: MeshSubset, tags: { kuma.io/service: db } }" });
  expect(found(texts(policy))).toEqual(["5 L403-no-proxy-selected"]);
  expect(found(texts(inLine(1, "# sallyport: allow L403-no-proxy-selected comes next week", policy)))).toEqual([]);
  expect(found(texts(inLine(5, "  # sallyport: allow L403-no-proxy-selected comes next week", policy)))).toEqual([]);
});

test("an annotation allows it in the whole policy; several are apart by semicolons", () => {
  const annotated = (value: string) =>
    `apiVersion: kuma.io/v1alpha1\nkind: MeshPassthrough\nmetadata:\n  name: p\n  namespace: kuma-system\n  annotations:\n    sallyport.io/lint-allow: "${value}"\nspec:\n  default:\n    passthroughMode: Matched\n    appendMatch:\n    - { type: Domain, value: '*', protocol: tls }\n`;
  expect(found([annotated("L406-all-ports a lab; L405-broad-destination: the same lab")])).toEqual([]);
  expect(found([annotated("L406-all-ports a lab")])).toEqual(["12 L405-broad-destination"]);
  expect(found([annotated("L406-all-ports a lab;")])).toEqual(["7 L418-bad-suppression", "12 L405-broad-destination"]);
});

test("a label does so too, with a reason in the characters that labels have", () => {
  const labelled = (value: string) =>
    policyText({ rules: ["IP 10.0.0.1 tcp"], head: `labels: { sallyport.io/lint-allow: ${value} }` });
  expect(found([labelled(`${ALL_PORTS}_a-lab`)])).toEqual([]);
  expect(found([labelled(ALL_PORTS)])).toEqual(["4 L418-bad-suppression", `9 ${ALL_PORTS}`]);
});

test.each([
  ["without a code", "# sallyport: allow", "this suppression names no lint, and allows nothing"],
  [
    "without a reason",
    `# sallyport: allow ${ALL_PORTS}  `,
    `this suppression of \`${ALL_PORTS}\` gives no reason, and allows nothing`,
  ],
  ["of an unknown code", "# sallyport: allow L406 a lab", "`L406` is no lint: this suppression allows nothing"],
  [
    "of what is said of suppressions",
    "# sallyport: allow L417-unused-suppression why not",
    "`L417-unused-suppression` cannot be allowed: it is about suppressions",
  ],
])("a suppression %s is told, and allows nothing", (_, comment, message) => {
  const text = inLine(8, comment);
  const diagnostics = lint(checked([text]), { texts: filesOf([text]) });
  expect(diagnostics.map(({ code }) => code)).toEqual(["L418-bad-suppression", ALL_PORTS, ALL_PORTS]);
  expect(diagnostics[0]).toMatchObject({ message, span: { start: { line: 8, column: 1 } } });
});

test("a code that is nearly right is guessed", () => {
  for (const code of ["L406", "L406-all-port"]) {
    const text = inLine(8, `# sallyport: allow ${code} a lab`);
    const [first] = lint(checked([text]), { texts: filesOf([text]) });
    expect(first?.help).toBe("did you mean `L406-all-ports`?");
  }
});

test("one that allows nothing is told", () => {
  const elsewhere = inLine(4, `# sallyport: allow ${ALL_PORTS} a lab`);
  expect(found([elsewhere])).toEqual(["4 L417-unused-suppression", `9 ${ALL_PORTS}`, `10 ${ALL_PORTS}`]);
  const twice = inLine(8, `# sallyport: allow ${ALL_PORTS} a lab\n\n# sallyport: allow ${ALL_PORTS} a lab`);
  expect(found([twice])[0]).toBe("8 L417-unused-suppression");
  expect(
    found([proxyText().replace("name:", "name: # sallyport: allow L412-no-owner me\n ")], {
      enable: ["L412-no-owner"],
    }),
  ).toEqual(["3 L417-unused-suppression"]);
});

test("but not where its lint did not look: switched off, or without what it needs to know", () => {
  const owner = inLine(3, "# sallyport: allow L412-no-owner nobody yet");
  expect(found([owner], { disable: [ALL_PORTS] })).toEqual([]);
  expect(found([owner], { disable: [ALL_PORTS], enable: ["L412-no-owner"] })).toEqual([]);
  const proxy = inLine(3, "# sallyport: allow L403-no-proxy-selected comes next week");
  expect(found([proxy], { disable: [ALL_PORTS] })).toEqual([]);
  expect(found([proxy, proxyText()], { disable: [ALL_PORTS] })).toEqual(["3 L417-unused-suppression"]);
  expect(found([inLine(3, "# sallyport: allow L411-expired later")], { disable: [ALL_PORTS] })).toEqual([]);
});

test("what looks like a comment inside a value is none", () => {
  const text = TEXT.replace("name: p", 'name: "p"\nlabels: { a: "" } # x').replace('""', '"# sallyport: allow L406"');
  expect(() => checked([text])).toThrow("E114");
  const folded = `${proxyText().replace("name: web-1", "name: web-1 #sallyport is good")}`;
  expect(found([folded])).toEqual([]);
});
