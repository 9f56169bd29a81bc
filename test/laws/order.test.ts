import fc from "fast-check";
import { expect, test } from "vitest";
import { check, type SourceText } from "../../src/policy/check/index.ts";
import type { Diagnostic } from "../../src/policy/diagnostics/index.ts";
import { lint } from "../../src/policy/lint/index.ts";
import { COMPATIBILITY_LEVELS } from "../../src/policy/validate/index.ts";

/** Sound and faulty ones that meet: on one port, as duplicates, one inside another. */
const RULES = [
  "{type: Domain, value: a.example, port: 443, protocol: tls}",
  "{type: Domain, value: A.example., port: 443, protocol: tls}",
  "{type: Domain, value: '*.example', port: 443, protocol: tls}",
  "{type: Domain, value: '*.example', protocol: http}",
  "{type: Domain, value: a.example, port: 80, protocol: http}",
  "{type: Domain, value: a.example, port: 80, protocol: grpc}",
  "{type: Domain, value: a.example, port: 80, protocol: http2}",
  "{type: Domain, value: a.example, port: 25, protocol: tcp}",
  "{type: IP, value: 10.0.0.1, port: 443, protocol: tcp}",
  "{type: CIDR, value: 10.0.0.1/32, port: 443, protocol: tcp}",
  "{type: CIDR, value: 10.0.0.0/8, protocol: tcp}",
  "{type: CIDR, value: 0.0.0.0/0, port: 80, protocol: http}",
  "{type: IP, value: 10.0.0.256, port: 443, protocol: tcp}",
  "{type: IP, value: 10.0.0.1, port: 0, protocol: tcp}",
  "{type: Domain, value: b\u00FCcher.example, port: 443, protocol: tls}",
  "{type: IP, value: 10.0.0.1, port: 443}",
  "{type: 3, value: 10.0.0.1, port: 443, protocol: tcp}",
] as const;

const PROXIES = ["web", "db"].map(
  (name) => `type: Dataplane
mesh: default
name: ${name}
networking:
  address: 10.0.0.1
  inbound: [{port: 80, tags: {kuma.io/service: ${name}}}]
  transparentProxying: {redirectPortOutbound: 15001, redirectPortInbound: 15006}
`,
);

interface Policy {
  readonly name: string;
  readonly target: string;
  readonly mode: string;
  readonly rules: readonly string[];
}

const policy: fc.Arbitrary<Policy> = fc.record({
  name: fc.constantFrom("a", "b", "c", "B"),
  target: fc.constantFrom(
    "",
    "  targetRef: {kind: Mesh}\n",
    "  targetRef: {kind: MeshSubset, tags: {kuma.io/service: web}}\n",
  ),
  mode: fc.constantFrom(
    "",
    "    passthroughMode: Matched\n",
    "    passthroughMode: None\n",
    "    passthroughMode: Mached\n",
  ),
  rules: fc.array(fc.constantFrom(...RULES), { maxLength: 5 }),
});

/** How the same is written: which rules and documents come first, and in which of three files each document is. */
const writing = fc.record({
  seed: fc.array(fc.nat(1000), { minLength: 12, maxLength: 12 }),
  files: fc.array(fc.nat(2), { minLength: 8, maxLength: 8 }),
});

const shuffled = <T>(items: readonly T[], seed: readonly number[]): T[] =>
  items
    .map((item, i) => [item, seed[i % seed.length] ?? 0, i] as const)
    .toSorted(([, a, i], [, b, j]) => a - b || i - j)
    .map(([item]) => item);

function written(
  policies: readonly Policy[],
  { seed, files }: { seed: readonly number[]; files: readonly number[] },
): SourceText[] {
  const documents = policies.map(({ name, target, mode, rules }) => {
    const list = shuffled(rules, seed).map((rule) => `    - ${rule}\n`);
    const conf = `${mode}${list.length === 0 ? "" : `    appendMatch:\n${list.join("")}`}`;
    return `type: MeshPassthrough\nmesh: default\nname: ${name}\nspec:\n${target}  default:${conf === "" ? " {}\n" : `\n${conf}`}`;
  });
  const all = shuffled([...PROXIES, ...documents], seed);
  const texts = [0, 1, 2].map((file) => all.filter((_, i) => files[i % files.length] === file).join("---\n"));
  return shuffled(
    texts.flatMap((text, i) => (text === "" ? [] : [{ file: `f${i}.yaml`, text }])),
    seed,
  );
}

/** How words name another rule or file: by its place, which is what changes. */
const PLACES = /(?:\bin )?`?\bf\d\.yaml(?::\d+)*`?|\b(?:on )?lines? \d+|#\d+|\[\d+\]/g;

/** What is said, and of what, without the places that it is said with. */
const said = (diagnostics: readonly Diagnostic[], texts: readonly SourceText[]): string[] =>
  diagnostics
    .map(({ code, resource, path, message, help, span }) => {
      const line = texts.find(({ file }) => file === span?.file)?.text.split("\n")[(span?.start.line ?? 0) - 1];
      const where = path.map((step) => (typeof step === "number" ? "*" : step)).join(".");
      const words = `${message} ${help ?? ""}`.replace(PLACES, "@");
      // A list starts with whatever rule comes first.
      const shown = path.at(-1) === "appendMatch" ? "" : line?.trim();
      return [code, resource, where, shown, words].join(" | ");
    })
    .sort();

test("law: diagnostics and lints do not depend on the order of rules, documents and files, at any level", () => {
  fc.assert(
    fc.property(
      fc.array(policy, { minLength: 1, maxLength: 4 }),
      writing,
      writing,
      fc.constantFrom(...COMPATIBILITY_LEVELS),
      (policies, one, two, compatibility) => {
        const [first, second] = [one, two].map((how) => {
          const texts = written(policies, how);
          const checked = check(texts, { compatibility });
          // Kuma's own verdict does depend on the order of rules, and with it what there is to lint.
          if (compatibility === "kuma-2.9")
            return said(
              checked.diagnostics.filter(({ code }) => code !== "E208-refused-by-kuma"),
              texts,
            );
          const found = lint(checked, { texts, enable: ["L412-no-owner", "L416-numeric-name"] });
          return [...said(checked.diagnostics, texts), ...said(found, texts)];
        });
        expect(second).toEqual(first);
      },
    ),
    { numRuns: 600 },
  );
});
