import {
  type CaseOutcome,
  type ProxyFilter,
  type Refutation,
  type Reported,
  runCase,
  runStatement,
  type Statement,
  type StatementOutcome,
  statementClasses,
} from "../assert/index.ts";
import { formatConnection } from "../model/index.ts";
import { renderClass } from "../space/index.ts";
import { renderVerdict } from "../why/index.ts";
import type { Checked } from "./checked.ts";

/** An outcome and the file that it is from. */
export interface FileOutcome {
  readonly file: string;
  readonly outcome: CaseOutcome | StatementOutcome;
}

/** Every case and statement of the test files, in the order of the files, and of the lines in them. */
export function runAssertions({ suites, statements }: Pick<Checked, "suites" | "statements">): FileOutcome[] {
  const cases = suites.flatMap(({ suite, proxy }) =>
    suite.cases.map((one) => ({ file: suite.file, line: one.line, outcome: runCase(one, proxy) })),
  );
  const claims = statements.flatMap(({ suite, proxies }) =>
    suite.statements.map((one) => ({ file: suite.file, line: one.line, outcome: runStatement(one, proxies) })),
  );
  return [...cases, ...claims]
    .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line)
    .map(({ file, outcome }) => ({ file, outcome }));
}

/** An outcome as `renderTap`, `renderTestJunit` and `renderTestSarif` take it: its title, and why it failed. */
export function reportOutcome({ file, outcome }: FileOutcome): Reported {
  const { line, span } = outcome.kind === "case" ? outcome.case : outcome.statement;
  return {
    file,
    line,
    ...(span === undefined ? {} : { span }),
    title: outcome.kind === "case" ? titleOfCase(outcome) : titleOfStatement(outcome.statement),
    passed: outcome.passed,
    lines: outcome.passed ? [] : outcome.kind === "case" ? whyCase(outcome) : whyStatement(outcome),
  };
}

const named = (name: string | undefined, title: string): string => (name === undefined ? title : `${name}: ${title}`);

function titleOfCase({ case: { connection, want, because, name }, proxy }: CaseOutcome): string {
  const reason = because === undefined ? "" : ` because of ${because}`;
  return named(name, `${proxy.dataplane.meta.name}: ${formatConnection(connection)}: ${want}${reason}`);
}

const WORDS = { no: "none of", only: "nothing but", every: "all of" } as const;

/** `none of: any traffic on port 25 to anywhere; from proxies with tier: pci`. */
function titleOfStatement(statement: Statement): string {
  const classes = statementClasses(statement).map((one) => renderClass(one));
  const what = classes.length === 0 ? "no connection" : classes.join("; ");
  return named(statement.name, `${WORDS[statement.claim]}: ${what}; from ${filterText(statement.for)}`);
}

function filterText({ mesh, names, tags }: ProxyFilter): string {
  const which = names === undefined ? "every proxy" : names.join(", ");
  const having = Object.entries(tags ?? {}).map(([tag, value]) => `${tag}: ${value}`);
  return `${which}${having.length === 0 ? "" : ` with ${having.join(", ")}`}${mesh === undefined ? "" : ` of mesh ${mesh}`}`;
}

function whyCase({ case: one, verdict, because, example, problem }: CaseOutcome): string[] {
  const reasons = renderVerdict(because);
  if (problem === "not enforced")
    return [
      `nothing is enforced on this proxy, so nothing is proved${one.want === "allow" ? "; write `because: not enforced` if that is meant" : ""}`,
      ...reasons,
    ];
  if (problem === "because") return [`\`${one.because}\` is not among the reasons`, ...reasons];
  if (verdict !== "depends") return [`wanted ${one.want}`, ...reasons];
  return [`wanted ${one.want}, and that depends on the address: ${formatConnection(example)}`, ...reasons];
}

const MAX_LISTED = 5;

function whyStatement({ proxies, refuted, statement }: StatementOutcome): string[] {
  if (proxies.length === 0)
    return [`there is no proxy that it is about (${filterText(statement.for)}), so nothing is proved`];
  const more = refuted.length - MAX_LISTED;
  return [
    `does not hold for ${refuted.length} of ${proxies.length} ${proxies.length === 1 ? "proxy" : "proxies"}`,
    ...refuted.slice(0, MAX_LISTED).flatMap(whyRefuted),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}

function whyRefuted(refutation: Refutation): string[] {
  const { name } = refutation.proxy.dataplane.meta;
  if (refutation.kind === "not enforced")
    return [`${name}: nothing is enforced on it (${refutation.not}), so nothing is proved`];
  const [verdict = "", ...reasons] = renderVerdict(refutation.verdict);
  return [`${name}: ${formatConnection(refutation.example)} is ${verdict}`, ...reasons];
}
