import { once } from "node:events";
import type { Command } from "commander";
import type { ControlPlaneSettings } from "../control-plane/index.ts";
import { type CommandContext, command } from "./command.ts";
import { CommandError, EXIT } from "./exit-codes.ts";

/** As `DEFAULT_SETTINGS` of the control plane has them: that is not loaded just to print help. A test compares. */
export const CONTROL_PLANE_DEFAULTS = {
  store: "sqlite:sallyport.db",
  api: "127.0.0.1:5681",
  xds: "127.0.0.1:5678",
  systemNamespace: "kuma-system",
} as const;

export function controlPlaneCommand(context: CommandContext): Command {
  const made = command(
    "control-plane",
    "Keeps Meshes, Dataplanes and policies, and tells every proxy what to enforce.",
    [],
  );
  return made.addCommand(runCommand(context));
}

function runCommand({ terminal }: CommandContext): Command {
  return command(
    "run",
    "Runs a control plane until INT or TERM. Logs are JSON lines on standard error. Sidecars go on with what they have while it is away.",
    [
      { line: "sallyport control-plane run", does: "resources in sallyport.db, written through the API" },
      {
        line: "sallyport control-plane run --store files:policies",
        does: "resources in a folder, read again when a file changes",
      },
      {
        line: "sallyport control-plane run --xds unix:/run/sallyport/xds.sock",
        does: "for sidecars in other network namespaces",
      },
    ],
  )
    .option("--store <store>", "where resources are: `sqlite:FILE` or `files:FOLDER`", CONTROL_PLANE_DEFAULTS.store)
    .option("--api <address>", "REST API: `127.0.0.1:PORT` or `unix:PATH`", CONTROL_PLANE_DEFAULTS.api)
    .option("--xds <address>", "for sidecars and Envoys: `127.0.0.1:PORT` or `unix:PATH`", CONTROL_PLANE_DEFAULTS.xds)
    .option("--zone <name>", "the zone of this control plane (default: none)")
    .option(
      "--system-namespace <name>",
      "Kubernetes namespace of the policies of the whole mesh",
      CONTROL_PLANE_DEFAULTS.systemNamespace,
    )
    .option(
      "--revocation <how>",
      "open connections that a change forbids: `cut`, `drain 30s` or `keep`, where no policy says it (default: as each sidecar is set)",
    )
    .action(async (settings: ControlPlaneSettings) => {
      const stop = terminal.stopSignal();
      const { createLog, SettingsError, start } = await import("../control-plane/index.ts");
      const running = await start(settings, createLog()).catch((error: unknown) => {
        if (error instanceof SettingsError)
          throw new CommandError(
            EXIT.usage,
            error.faults.map((f) => `--${flagOf(f.setting)}: ${f.message}`).join("\n"),
          );
        throw error instanceof Error ? new CommandError(EXIT.unreachable, error.message) : error;
      });
      if (!stop.aborted) await once(stop, "abort");
      await running.stop();
    });
}

/** `systemNamespace` is `--system-namespace`. */
const flagOf = (setting: string): string => setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
