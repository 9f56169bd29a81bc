import { type Command, Option } from "commander";
import { type Checked, check } from "../policy/check/index.ts";
import { resourceId } from "../policy/model/index.ts";
import { COMPATIBILITY_LEVELS, type Compatibility } from "../policy/validate/index.ts";
import { type CommandContext, command, outputOption } from "./command.ts";
import { faultCount, hasErrors, renderDiagnostics } from "./diagnostics.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { FINDING_FORMS, type FindingForm, renderFindings } from "./findings.ts";
import { addPaths, type InputText, readTexts } from "./input.ts";
import { renderKumaFindings } from "./kuma-findings.ts";
import { addContextOptions, type ContextOptions, contextOf } from "./label-context.ts";
import type { Terminal } from "./terminal.ts";

interface CheckCommandOptions extends ContextOptions {
  readonly file?: readonly string[];
  readonly output: FindingForm | "kuma-json";
  readonly compatibility: Compatibility;
}

export function checkCommand({ terminal, finish }: CommandContext): Command {
  const made = command(
    "check",
    "Reports every fault of policies, Dataplanes, Meshes and assertions (`*.test.yaml`), all in one run. Ends with 1 if there is an error; warnings alone are fine. What cannot be read is named, the rest is checked all the same, and it ends with 3.",
    [
      { line: "sallyport check", does: "everything below the current folder" },
      { line: "sallyport check -f policies/ -f mesh.yaml", does: "a folder and a file, seen together" },
      {
        line: "sallyport check --compatibility kuma-2.9 -o kuma-json",
        does: "what Kuma 2.9 accepts and refuses, in its words",
      },
      { line: "kubectl get meshpassthroughs -A -o json | sallyport check -f -", does: "what a cluster has" },
    ],
  );
  return addContextOptions(addPaths(made))
    .addOption(compatibilityOption())
    .addOption(outputOption([...FINDING_FORMS, "kuma-json"]))
    .action(async (_paths: readonly string[], options: CheckCommandOptions) => {
      const { output, compatibility } = options;
      if (output === "kuma-json" && compatibility !== "kuma-2.9")
        throw new CommandError(
          EXIT.usage,
          "`-o kuma-json` is for the level `kuma-2.9`",
          "add `--compatibility kuma-2.9`",
        );
      let unread: CommandError | undefined;
      const texts = await readTexts(options.file, terminal, {
        withAssertions: true,
        unread: (error) => {
          unread = error;
        },
      });
      const checked = check(texts, { ...contextOf(options), compatibility });
      if (output === "kuma-json") printKuma(checked, texts, terminal);
      else {
        const { diagnostics, resources } = checked;
        const ids = resources.map(({ resource }) => resourceId(resource.type, resource.meta));
        const fails = ({ severity }: { readonly severity: string }) => severity === "error";
        terminal.out(
          renderFindings("check", output, { diagnostics, texts, resources: ids, count: faultCount, fails }, terminal),
        );
      }
      if (unread !== undefined) throw unread;
      finish(hasErrors(checked.diagnostics) ? EXIT.no : EXIT.fine);
    });
}

function printKuma(checked: Checked, texts: readonly InputText[], terminal: Terminal): void {
  terminal.out(renderKumaFindings(checked));
  // What is no document has no verdict, and must not go unseen.
  const unread = checked.diagnostics.filter(
    ({ code, severity }) => severity === "error" && code !== "E208-refused-by-kuma",
  );
  terminal.err(renderDiagnostics(unread, texts, terminal.errStyles));
}

const compatibilityOption = (): Option =>
  new Option(
    "--compatibility <level>",
    "what is accepted: what the documentation allows; exactly what Kuma 2.9.13 accepts; or more than both, wherever it has a meaning",
  )
    .choices(COMPATIBILITY_LEVELS)
    .default("documented");
