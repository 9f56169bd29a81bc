import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { type CommandContext, command } from "./command.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

interface QuickstartOptions {
  readonly folder?: string;
  readonly form: string;
  readonly envoy?: string;
  readonly exit?: boolean;
}

export function quickstartCommand({ terminal, finish }: CommandContext): Command {
  return command(
    "quickstart",
    "Runs a control plane, and a workload with its sidecar and real destinations in network namespaces of their own; makes the connections of the folder's `*.test.yaml` and shows which got out and why. Then it stays, and every edit of the folder is enforced and shown.",
    [
      { line: "sallyport quickstart", does: "the policies of the documentation" },
      { line: "sallyport quickstart --exit", does: "ends with 0 only if every connection is as wanted" },
      { line: "sallyport quickstart --folder policies/", does: "policies of your own, with a `*.test.yaml`" },
    ],
  )
    .option("--form <form>", "which example: universal or kubernetes", "universal")
    .option("--folder <path>", "a folder of policies, one Dataplane and a `*.test.yaml` (default: the example)")
    .option("--envoy <path>", "the Envoy binary (default: as `sallyport envoy path`)")
    .option("--exit", "end after the connections instead of waiting for edits")
    .action(async (options: QuickstartOptions) => {
      const { runQuickstart } = await import("./quickstart/run.ts");
      const isGood = await runQuickstart(
        {
          folder: folderOf(options, terminal),
          ...(options.envoy === undefined ? {} : { envoy: options.envoy }),
          exit: options.exit === true,
        },
        terminal,
      );
      finish(isGood ? EXIT.fine : EXIT.no);
    });
}

function folderOf({ folder, form }: QuickstartOptions, terminal: Terminal): string {
  if (folder !== undefined) return resolve(terminal.cwd, folder);
  if (form !== "universal" && form !== "kubernetes")
    throw new CommandError(EXIT.usage, `\`${form}\` is no form`, "`--form universal` or `--form kubernetes`");
  for (const root of [join(import.meta.dirname, ".."), join(import.meta.dirname, "../..")]) {
    const example = join(root, "examples/quickstart", form);
    if (existsSync(example)) return example;
  }
  throw new CommandError(EXIT.unreachable, "the example is not installed here", "name a folder with `--folder`");
}
