import { type Command, Option } from "commander";
import { formatPath } from "../policy/diagnostics/index.ts";
import type { Form } from "../policy/model/index.ts";
import { type Converted, convertText, type OddField } from "../policy/text/index.ts";
import { type CommandContext, command } from "./command.ts";
import { renderDiagnostics } from "./diagnostics.ts";
import { EXIT } from "./exit-codes.ts";
import { addFileOption, readTexts } from "./input.ts";
import { printable } from "./terminal.ts";

interface ConvertCommandOptions {
  readonly file?: readonly string[];
  readonly to: Form;
  readonly systemNamespace?: string;
}

export function convertCommand({ terminal, finish }: CommandContext): Command {
  const made = command(
    "convert",
    "Prints resources in the other form, as YAML: fields keep their comments, their order and their values. What has the form already stays as it is. Fields that exist in one form only are left out, and named on standard error.",
    [
      { line: "sallyport convert --to kubernetes -f policies/ > policies.yaml", does: "a folder as one text" },
      {
        line: "kubectl get meshpassthroughs -A -o yaml | sallyport convert --to universal -f -",
        does: "what a cluster has, for a control plane on Universal",
      },
    ],
  );
  return addFileOption(made)
    .addOption(
      new Option("--to <form>", "the form to print").choices(["universal", "kubernetes"]).makeOptionMandatory(),
    )
    .option(
      "--system-namespace <name>",
      "what is in this namespace has no namespace in Universal form (default: kuma-system)",
    )
    .action(async ({ file, to, systemNamespace }: ConvertCommandOptions) => {
      const texts = await readTexts(file, terminal);
      const options = systemNamespace === undefined ? {} : { systemNamespace };
      const converted = texts.map((input) => ({ input, result: convertText(input.file, input.text, to, options) }));
      for (const { input, result } of converted)
        if (!result.ok) terminal.err(renderDiagnostics(result.diagnostics, [input], terminal.errStyles));
        else for (const field of result.odd) terminal.err(notice(input.file, field));
      const done = converted.flatMap(({ result }) => (result.ok ? [result] : []));
      if (done.length < converted.length) finish(EXIT.no);
      else terminal.out(joined(done));
    });
}

function notice(file: string, { kind, path, start }: OddField): string {
  const place = `${printable(file)}:${start.line}:${start.column}`;
  if (kind === "left out")
    return `${place}: left out: \`${printable(formatPath(path))}\` exists in the other form only\n`;
  return `${place}: now the label \`k8s.kuma.io/namespace\`: Universal form has no namespaces, and \`check\` refuses it there\n`;
}

/** Each text starts a document. */
const joined = (texts: readonly Extract<Converted, { ok: true }>[]): string =>
  texts
    .map(({ text }) => text)
    .filter((text) => text !== "")
    .join("---\n");
