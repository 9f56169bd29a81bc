import {
  compareDiagnostics,
  type Diagnostic,
  isLintCode,
  LINT_CODES,
  type LintCode,
  type Path,
  quote,
  type Span,
} from "../diagnostics/index.ts";
import { resourceId } from "../model/index.ts";
import { nearestWord, readComments } from "../text/index.ts";
import type { Finding } from "./context.ts";
import { append } from "./multimap.ts";
import { labelOrAnnotation, listPath, type PolicyAt, rulePath } from "./policy-at.ts";

/** The label or annotation that allows what lints find in a policy. */
const ALLOW = "sallyport.io/lint-allow";
const COMMENT = /^sallyport:\s*allow\b\s*(\S*)\s*(.*)$/s;

/** Is the comment meant to allow something, whether it does or not? */
export const isSuppression = (comment: string): boolean => COMMENT.test(comment);

/** A label's value has no spaces: `_` stands for the first. */
const ENTRY = /^([A-Za-z0-9-]*)(?:[\s_:]+(.*))?$/s;
/** What is said of suppressions cannot be suppressed. */
const OF_SUPPRESSIONS: readonly LintCode[] = ["L417-unused-suppression", "L418-bad-suppression"];

/** A text in which comments may allow what lints find. */
export interface LintedText {
  readonly file: string;
  readonly text: string;
}

/** Something that is allowed, with a reason. */
export interface Suppression {
  readonly code: LintCode;
  /** A line from 1 of a file, or a whole policy. */
  readonly about: { readonly file: string; readonly line: number } | PolicyAt;
  readonly span?: Span;
  readonly path: Path;
  readonly resource?: string;
}

/** What is allowed, and what is written like a suppression and allows nothing. */
export interface Suppressions {
  readonly all: readonly Suppression[];
  readonly bad: readonly Diagnostic[];
}

type Place = Pick<Suppression, "span" | "path" | "resource">;

/** Every suppression of the texts and policies, in the order of their places. */
export function readSuppressions(policies: readonly PolicyAt[], texts: readonly LintedText[]): Suppressions {
  const all: Suppression[] = [];
  const bad: Diagnostic[] = [];
  const note = (code: string, reason: string, about: Suppression["about"], place: Place): void => {
    const fault = faultOf(code, reason);
    if (fault !== undefined) bad.push({ code: "L418-bad-suppression", severity: "warning", ...place, ...fault });
    else if (isLintCode(code)) all.push({ code, about, ...place });
  };
  for (const { file, text } of texts) {
    if (!text.includes("sallyport:")) continue;
    for (const { text: comment, span, about: line } of readComments(file, text)) {
      const [, code, reason = ""] = COMMENT.exec(comment) ?? [];
      if (code !== undefined) note(code, reason, { file, line }, { span, path: [] });
    }
  }
  for (const at of policies) {
    const found = labelOrAnnotation(at, ALLOW);
    if (found === undefined) continue;
    const span = at.spanOf(found.path);
    const resource = resourceId(at.resource.type, at.resource.meta);
    const place = { ...(span === undefined ? {} : { span }), path: found.path, resource };
    for (const entry of found.value.split(";")) {
      const [, code = "", reason = ""] = ENTRY.exec(entry.trim()) ?? [];
      note(code, reason, at, place);
    }
  }
  return { all, bad };
}

function faultOf(code: string, reason: string): Pick<Diagnostic, "message" | "help"> | undefined {
  const example = "write the code and a reason: `allow L406-all-ports the vendor moves ports weekly`";
  if (code === "") return { message: "this suppression names no lint, and allows nothing", help: example };
  if (!isLintCode(code)) {
    const near =
      nearestWord(code, Object.keys(LINT_CODES)) ?? Object.keys(LINT_CODES).find((c) => c.startsWith(`${code}-`));
    return {
      message: `${quote(code)} is no lint: this suppression allows nothing`,
      help: near === undefined ? example : `did you mean \`${near}\`?`,
    };
  }
  if (OF_SUPPRESSIONS.includes(code))
    return {
      message: `\`${code}\` cannot be allowed: it is about suppressions`,
      help: "mend or remove the suppression that it is about",
    };
  if (reason.trim() === "")
    return {
      message: `this suppression of \`${code}\` gives no reason, and allows nothing`,
      help: "write the reason behind the code",
    };
  return undefined;
}

/** Answers whether a finding is allowed, and remembers which suppressions were of use. */
export interface Allowed {
  allows(code: LintCode, finding: Finding): boolean;
  /** What allowed nothing, of what could have. */
  unused(couldJudge: (code: LintCode, policy: PolicyAt | undefined) => boolean): Diagnostic[];
}

/** A suppression on a line counts for what stands there, for the rule that starts there, and for the policy. */
export function createAllowed({ all }: Suppressions, policies: readonly PolicyAt[]): Allowed {
  const byLine = new Map<string, Suppression[]>();
  const byPolicy = new Map<PolicyAt, Suppression[]>();
  for (const suppression of all) {
    const { about } = suppression;
    if ("line" in about) append(byLine, lineKey(about.file, about.line), suppression);
    else append(byPolicy, about, suppression);
  }
  const used = new Set<Suppression>();
  return {
    allows(code, finding) {
      if (all.length === 0) return false;
      const lines = linesOf(finding).flatMap((key) => byLine.get(key) ?? []);
      const found = [...lines, ...(byPolicy.get(finding.at) ?? [])].filter((s) => s.code === code);
      for (const suppression of found) used.add(suppression);
      return found.length > 0;
    },
    unused(couldJudge) {
      const owners = all.length === used.size ? [] : policies.map((at) => ({ at, span: at.spanOf([]) }));
      const ownerOf = ({ about }: Suppression): PolicyAt | undefined => {
        if (!("line" in about)) return about;
        const { file, line } = about;
        return owners.find(
          ({ span }) => span !== undefined && span.file === file && span.start.line <= line && line <= span.end.line,
        )?.at;
      };
      return all
        .filter((suppression) => !used.has(suppression) && couldJudge(suppression.code, ownerOf(suppression)))
        .map(({ code, span, path, resource }) => ({
          code: "L417-unused-suppression" as const,
          severity: "warning" as const,
          ...(resource === undefined ? {} : { resource }),
          path,
          message: `\`${code}\` finds nothing here: this suppression is not needed`,
          help: "take it out, so that it does not hide a later finding",
          ...(span === undefined ? {} : { span }),
        }))
        .sort(compareDiagnostics);
    },
  };
}

const lineKey = (file: string, line: number): string => JSON.stringify([file, line]);

function linesOf({ at, path }: Finding): string[] {
  const index = path[listPath().length];
  const isOfRule = typeof index === "number" && path[0] === "spec";
  const spans = [at.spanOf(path), isOfRule ? at.spanOf(rulePath(index)) : at.spanOf([])];
  return spans.flatMap((span) => (span === undefined ? [] : [lineKey(span.file, span.start.line)]));
}
