/** Policies in a line or two each, and what lints say of them. */
import { check } from "../check/index.ts";
import type { LintCode } from "../diagnostics/index.ts";
import { type LintInput, type LintOptions, lint } from "./lint.ts";

export interface PolicyText {
  /** Default `p`. */
  readonly name?: string;
  /** Default `Matched`; `none` writes none. */
  readonly mode?: string;
  /** `Domain a.example.com tls 443`: type, value, protocol, port if there is one. */
  readonly rules?: readonly string[];
  /** The value of `targetRef`, in flow style. */
  readonly target?: string;
  /** Lines after the name. */
  readonly head?: string;
}

/** A policy in Universal form. Its first rule is on line 8, or as many lines later as `head` and `target` have. */
export function policyText({ name = "p", mode = "Matched", rules = [], target, head }: PolicyText = {}): string {
  const items = rules.map((rule) => {
    const [type, value, protocol, port] = rule.split(" ");
    return `    - { type: ${type}, value: '${value}', protocol: ${protocol}${port === undefined ? "" : `, port: ${port}`} }\n`;
  });
  return [
    `type: MeshPassthrough\nmesh: default\nname: ${name}\n`,
    head === undefined ? "" : `${head}\n`,
    "spec:\n",
    target === undefined ? "" : `  targetRef: ${target}\n`,
    "  default:",
    mode === "none" && items.length === 0 ? " {}\n" : "\n",
    mode === "none" ? "" : `    passthroughMode: ${mode}\n`,
    items.length === 0 ? "" : `    appendMatch:\n${items.join("")}`,
  ].join("");
}

export interface ProxyText {
  readonly name?: string;
  readonly tags?: string;
  readonly family?: string;
  readonly isRedirected?: boolean;
}

/** A sidecar with one inbound. */
export function proxyText(options: ProxyText = {}): string {
  const { name = "web-1", tags = "kuma.io/service: web", family = "UnSpecified", isRedirected = true } = options;
  const redirect = `  transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound: 15001, ipFamilyMode: ${family} }\n`;
  return `type: Dataplane\nmesh: default\nname: ${name}\nnetworking:\n  address: 10.0.0.1\n  inbound:\n  - { port: 8080, tags: { ${tags} } }\n${isRedirected ? redirect : ""}`;
}

/** Texts as files `0.yaml`, `1.yaml`, … */
export const filesOf = (texts: readonly string[]) => texts.map((text, i) => ({ file: `${i}.yaml`, text }));

/** The checked texts; errors in them are errors of the test. */
export function checked(texts: readonly string[]): LintInput {
  const result = check(filesOf(texts));
  const errors = result.diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new TypeError(errors.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  return result;
}

/** What is said of one code, as `file:line:column message`. */
export function said(code: LintCode, texts: readonly string[], options: LintOptions = {}): string[] {
  const found = lint(checked(texts), { enable: [code], texts: filesOf(texts), ...options });
  return found
    .filter((diagnostic) => diagnostic.code === code)
    .map(
      ({ span, message }) => `${span?.file.replace(".yaml", "")}:${span?.start.line}:${span?.start.column} ${message}`,
    );
}

/** As {@link said}, of one policy with these rules. */
export const saidOfRules = (code: LintCode, ...rules: readonly string[]): string[] =>
  said(code, [policyText({ rules })]);
