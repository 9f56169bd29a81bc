import type { AssertionSuite, ParsedAssertions } from "../assert/index.ts";
import { DIAGNOSTIC_CODES, type Diagnostic, type DiagnosticCode, quote, type Span } from "../diagnostics/index.ts";
import type { Draft } from "../text/index.ts";
import { nearestWord } from "../text/index.ts";
import { acceptDrafts } from "./accept-drafts.ts";
import { checkProxies, notEnforcedWarnings } from "./check-proxies.ts";
import type { CheckedProxy, CheckedStatements, CheckedSuite, CheckOptions } from "./checked.ts";

/** What there is beside the suites. */
interface Surroundings {
  readonly drafts: readonly Draft[];
  readonly proxies: readonly CheckedProxy[];
  readonly options: CheckOptions;
}

interface Resolved {
  readonly suites: readonly CheckedSuite[];
  readonly statements: readonly CheckedStatements[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Each suite with its proxy: from its own resources and files if it names any, else from all that was read. */
export function resolveSuites(parsed: Pick<ParsedAssertions, "suites" | "statements">, around: Surroundings): Resolved {
  const diagnostics: Diagnostic[] = [];
  const checked: CheckedSuite[] = [];
  // A document with cases and statements is read twice, and its faults are said once.
  const known = new Map<AssertionSuite["drafts"], readonly CheckedProxy[]>();
  const proxiesOf = (suite: Round): readonly CheckedProxy[] => {
    const proxies = known.get(suite.drafts) ?? proxiesFor(suite, around, diagnostics);
    known.set(suite.drafts, proxies);
    return proxies;
  };
  const statements = parsed.statements.map((suite) => ({ suite, proxies: proxiesOf(suite) }));
  for (const suite of parsed.suites) {
    const proxies = proxiesOf(suite);
    const { mesh, name, span } = suite.proxy;
    const proxy = proxies.find(({ dataplane: { meta } }) => meta.mesh === mesh && meta.name === name);
    if (proxy !== undefined) {
      checked.push({ suite, proxy });
      continue;
    }
    const nearest = nearestWord(
      name,
      proxies.map(({ dataplane }) => dataplane.meta.name),
    );
    diagnostics.push(
      fault(
        "E206-unknown-proxy",
        ["proxy"],
        `there is no sound Dataplane ${quote(`${mesh}/${name}`)} for this test`,
        nearest === undefined
          ? "write the Dataplane, or mend its errors"
          : `there is \`${nearest}\`; on Kubernetes a name ends in its namespace`,
        span,
      ),
    );
  }
  return { suites: checked, statements, diagnostics };
}

/** Where a document looks for proxies. */
type Round = Pick<AssertionSuite, "file" | "drafts" | "files">;

function proxiesFor(
  suite: Round,
  { drafts, proxies, options }: Surroundings,
  diagnostics: Diagnostic[],
): readonly CheckedProxy[] {
  if (suite.drafts.length === 0 && suite.files.length === 0) return proxies;
  const own = [...suite.drafts];
  for (const [i, { path, span }] of suite.files.entries()) {
    const file = resolvePath(suite.file, path);
    const read = drafts.filter((draft) => resolvePath("", draft.file) === file);
    own.push(...read);
    if (read.length === 0)
      diagnostics.push(
        fault(
          "E207-unread-file",
          ["files", i],
          `${quote(path)} holds no resource that was read`,
          `name ${quote(file)} too when you run this`,
          span,
        ),
      );
  }
  const accepted = acceptDrafts(own, options);
  // What is said of the files is said once, where they are read.
  for (const diagnostic of [...accepted.diagnostics, ...notEnforcedWarnings(accepted.resources)])
    if (diagnostic.span?.file === suite.file) diagnostics.push(diagnostic);
  return checkProxies(accepted.resources);
}

/** A path as written in a file, seen from where the file's own path is seen from. */
function resolvePath(from: string, path: string): string {
  const steps = path.startsWith("/") ? [] : from.split("/").slice(0, -1);
  for (const step of path.split("/")) {
    if (step === ".." && steps.length > 0 && steps.at(-1) !== "..") steps.pop();
    else if (step !== "." && step !== "") steps.push(step);
  }
  return `${path.startsWith("/") ? "/" : ""}${steps.filter((step) => step !== ".").join("/")}`;
}

function fault(
  code: DiagnosticCode,
  path: Diagnostic["path"],
  message: string,
  help: string,
  span: Span | undefined,
): Diagnostic {
  return { code, severity: DIAGNOSTIC_CODES[code], path, message, help, ...(span === undefined ? {} : { span }) };
}
