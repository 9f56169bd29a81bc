import { type Command, Option } from "commander";
import { type ConvertedText, convertTexts } from "../policy/check/index.ts";
import { formatPath } from "../policy/diagnostics/index.ts";
import type { Form } from "../policy/model/index.ts";
import type { OddField } from "../policy/text/index.ts";
import { type CommandContext, command } from "./command.ts";
import { renderDiagnostics } from "./diagnostics.ts";
import { EXIT } from "./exit-codes.ts";
import { addPaths, readTexts } from "./input.ts";
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
  return addPaths(made)
    .addOption(
      new Option("--to <form>", "the form to print").choices(["universal", "kubernetes"]).makeOptionMandatory(),
    )
    .option(
      "--system-namespace <name>",
      "what is in this namespace has no namespace in Universal form (default: kuma-system)",
    )
    .action(async (_paths: readonly string[], { file, to, systemNamespace }: ConvertCommandOptions) => {
      const texts = await readTexts(file, terminal);
      const options = systemNamespace === undefined ? {} : { systemNamespace };
      const converted = convertTexts(texts, to, options);
      if (!converted.ok) {
        terminal.err(renderDiagnostics(converted.diagnostics, texts, terminal.errStyles));
        finish(EXIT.no);
        return;
      }
      for (const { file, odd } of converted.texts) for (const field of odd) terminal.err(notice(file, field));
      terminal.out(joined(converted.texts));
    });
}

function notice(file: string, { kind, path, start }: OddField): string {
  const place = `${printable(file)}:${start.line}:${start.column}`;
  if (kind === "left out")
    return `${place}: left out: \`${printable(formatPath(path))}\` exists in the other form only\n`;
  return `${place}: now the label \`k8s.kuma.io/namespace\`, which is for the way back: in Universal form a policy is for the whole mesh\n`;
}

/** Each text starts a document. */
const joined = (texts: readonly ConvertedText[]): string =>
  texts
    .map(({ text }) => text)
    .filter((text) => text !== "")
    .join("---\n");
