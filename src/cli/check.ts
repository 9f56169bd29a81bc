import type { Command } from "commander";
import { check } from "../policy/check/index.ts";
import { type Diagnostic, renderJson } from "../policy/diagnostics/index.ts";
import { resourceId } from "../policy/model/index.ts";
import { type CommandContext, command, outputOption } from "./command.ts";
import { counted, faultCount, hasErrors, renderDiagnostics } from "./diagnostics.ts";
import { EXIT } from "./exit-codes.ts";
import { addFileOption, type InputText, readTexts } from "./input.ts";
import { addContextOptions, type ContextOptions, contextOf } from "./label-context.ts";
import type { Styles } from "./terminal.ts";

interface CheckCommandOptions extends ContextOptions {
  readonly file?: readonly string[];
  readonly output: "text" | "json";
}

export function checkCommand({ terminal, finish }: CommandContext): Command {
  const made = command(
    "check",
    "Reports every fault of policies, Dataplanes, Meshes and assertions (`*.test.yaml`), all in one run. Ends with 1 if there is an error; warnings alone are fine.",
    [
      { line: "sallyport check", does: "everything below the current folder" },
      { line: "sallyport check -f policies/ -f mesh.yaml", does: "a folder and a file, seen together" },
      { line: "kubectl get meshpassthroughs -A -o json | sallyport check -f -", does: "what a cluster has" },
    ],
  );
  return addContextOptions(addFileOption(made))
    .addOption(outputOption(["text", "json"]))
    .action(async (options: CheckCommandOptions) => {
      const texts = await readTexts(options.file, terminal, { withAssertions: true });
      const { diagnostics, resources } = check(texts, contextOf(options));
      const ids = resources.map(({ resource }) => resourceId(resource.type, resource.meta));
      if (options.output === "json") terminal.out(asJson(diagnostics, texts, ids));
      else terminal.out(asText(diagnostics, texts, ids, terminal.outStyles));
      finish(hasErrors(diagnostics) ? EXIT.no : EXIT.fine);
    });
}

type Render = [diagnostics: readonly Diagnostic[], texts: readonly InputText[], ids: readonly string[]];

function asJson(...[diagnostics, texts, resources]: Render): string {
  const errors = diagnostics.filter((d) => d.severity === "error").length;
  const summary = { errors, warnings: diagnostics.length - errors, files: texts.length, resources: resources.length };
  return `${JSON.stringify({ diagnostics: renderJson(diagnostics), resources, summary }, undefined, 2)}\n`;
}

function asText(...[diagnostics, texts, ids, styles]: [...Render, Styles]): string {
  const tint = hasErrors(diagnostics) ? styles.bad : diagnostics.length > 0 ? styles.warn : styles.good;
  const gap = diagnostics.length === 0 ? "" : "\n";
  const summary = `${faultCount(diagnostics)} in ${counted(texts.length, "file")}, ${counted(ids.length, "resource")}`;
  return `${renderDiagnostics(diagnostics, texts, styles)}${gap}${tint(summary)}\n`;
}
