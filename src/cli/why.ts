import type { Command } from "commander";
import { type Checked, type CheckedProxy, situationOf } from "../policy/check/index.ts";
import { quote } from "../policy/diagnostics/index.ts";
import {
  type Edit,
  type EditContext,
  formatQuestion,
  parseQuestion,
  proposeEdits,
  type Question,
  renderEdits,
  renderWhy,
  renderWhyNames,
  viewEdit,
  type Why,
  type WhyNames,
  why,
  whyNames,
} from "../policy/why/index.ts";
import { type CommandContext, command, outputOption } from "./command.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { addFileOption } from "./input.ts";
import { contextOf } from "./label-context.ts";
import { addProxyOptions, loadChecked, type ProxyOptions, proxiesMeant } from "./proxy.ts";
import { printable, type Terminal } from "./terminal.ts";
import { viewWhy } from "./why-view.ts";

interface WhyOptions extends ProxyOptions {
  readonly output: "text" | "json";
}

export function whyCommand({ terminal, finish }: CommandContext): Command {
  const made = command(
    "why",
    "Says whether a connection may leave, and why; where it may not, also the smallest edits that would allow it. Ends with 0 if it may leave every proxy that is meant, else with 1.",
    [
      { line: "sallyport why -f policies/ --proxy web-1 tls://httpbin.org", does: "a TLS connection by name" },
      { line: "sallyport why --proxy web-1 http://10.1.2.3:8080", does: "a plaintext request to an address" },
      { line: "sallyport why --proxy web-1 tls://:443@203.0.113.7", does: "TLS without a server name" },
      { line: "sallyport why --proxy web-1 'tls://?:443@203.0.113.7'", does: "TLS under any name and none" },
      { line: "sallyport why opaque://10.1.2.3:5432", does: "bytes that are neither TLS nor HTTP, from every proxy" },
    ],
  );
  return addProxyOptions(addFileOption(made))
    .argument(
      "<connection>",
      "tls://, http://, http10://, h2c://, grpc://, ws:// or opaque://, then name[:port][@ip]; `?` is every name",
    )
    .addOption(outputOption(["text", "json"]))
    .action(async (text: string, options: WhyOptions) => {
      const question = questionOf(text);
      const checked = await loadChecked(options, terminal);
      const proxies = proxiesMeant(checked, options);
      const answers = answersOf({ question, checked, proxies, options });
      const [only] = answers;
      if (options.output === "json") {
        const connection = formatQuestion(question);
        const view =
          proxies.length === 1 && only !== undefined
            ? { connection, ...nameOf(only.first), ...viewAnswer(only) }
            : { connection, answers: answers.map((a) => ({ proxies: a.proxies.map(nameOf), ...viewAnswer(a) })) };
        terminal.out(`${JSON.stringify(view, undefined, 2)}\n`);
      } else terminal.out(answers.map((answer) => asText(answer, proxies.length, terminal)).join("\n"));
      finish(answers.every(({ answer }) => answer.verdict === "allow") ? EXIT.fine : EXIT.no);
    });
}

function questionOf(text: string): Question {
  const question = parseQuestion(text);
  if (question.ok) return question.value;
  throw new CommandError(EXIT.usage, `${quote(text)} is no connection`, question.help);
}

/** One answer, and the proxies of which it is the answer. */
interface Answer {
  readonly answer: Why | WhyNames;
  readonly lines: readonly string[];
  readonly view: object;
  readonly first: CheckedProxy;
  readonly proxies: CheckedProxy[];
  /** For the first of the proxies. */
  readonly edits: readonly Edit[];
  readonly context: EditContext;
}

interface Asked {
  readonly question: Question;
  readonly checked: Checked;
  readonly proxies: readonly CheckedProxy[];
  readonly options: WhyOptions;
}

/** Each different answer once, in the order of the proxies. */
function answersOf({ question, checked, proxies, options }: Asked): readonly Answer[] {
  const groups = new Map<string, Answer>();
  const context: EditContext = {
    systemNamespace: options.systemNamespace ?? "kuma-system",
    placeOf: (edit) => placeOf(edit, checked),
  };
  for (const proxy of proxies) {
    const { effective } = proxy;
    const answer = question.anyName ? whyNames(effective, question) : why(effective, question.connection);
    const view = viewWhy(answer);
    const key = JSON.stringify([proxy.dataplane.meta.mesh, view]);
    const group = groups.get(key);
    if (group !== undefined) {
      group.proxies.push(proxy);
      continue;
    }
    const lines = "example" in answer ? renderWhyNames(question, answer) : renderWhy(question.connection, answer);
    const edits =
      answer.verdict === "allow" ? [] : proposeEdits(question, situationOf(checked, proxy, contextOf(options)));
    groups.set(key, { answer, lines, view, first: proxy, proxies: [proxy], edits, context });
  }
  return [...groups.values()];
}

/** `file:line:column` of the rule that changes, else of the policy that is added to. */
function placeOf({ kind, policy }: Edit, { resources }: Checked): string | undefined {
  const located = resources.find(
    ({ resource: { type, meta } }) =>
      type === "MeshPassthrough" && meta.name === policy.name && meta.mesh === policy.mesh,
  );
  const list = ["spec", "default", "appendMatch"];
  const span =
    (kind === "change rule" ? located?.spanOf([...list, policy.index ?? 0]) : undefined) ??
    located?.spanOf(list) ??
    located?.spanOf([]);
  return span === undefined ? undefined : `${span.file}:${span.start.line}:${span.start.column}`;
}

const nameOf = ({ dataplane: { meta } }: CheckedProxy) => ({ proxy: meta.name, mesh: meta.mesh });

function viewAnswer({ view, edits, answer, context }: Answer): object {
  return answer.verdict === "allow" ? view : { ...view, edits: edits.map((edit) => viewEdit(edit, context)) };
}

const MAX_NAMES = 20;

/** The first line is the question, the second the answer. */
function asText({ lines, answer, proxies, edits, context, first }: Answer, asked: number, terminal: Terminal): string {
  const { bad, good, strong, warn, faint } = terminal.outStyles;
  const [question = "", verdict = "", ...reasons] = lines;
  const tint = { allow: good, deny: bad, depends: warn }[answer.verdict];
  const dressed = printable(verdict).replace(/^(?:allowed|denied|depends)/, (word) => tint(word));
  const names = proxies.slice(0, MAX_NAMES).map(({ dataplane: { meta } }) => meta.name);
  const more = proxies.length > names.length ? ` and ${proxies.length - names.length} more` : "";
  const title =
    asked === 1 ? [] : [strong(printable(`${names.join(", ")}${more} (mesh ${first.dataplane.meta.mesh})`))];
  const proposed = renderEdits(edits, context).map(printable);
  const of = proxies.length > 1 && proposed.length > 0 ? [faint(printable(`for ${first.dataplane.meta.name}:`))] : [];
  const all = [...title, strong(printable(question)), dressed, ...reasons.map(printable), ...of, ...proposed];
  return all.map((line) => `${line}\n`).join("");
}
