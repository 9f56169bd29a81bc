import type { Command } from "commander";
import type { CheckOptions } from "../policy/check/index.ts";

/** Where the files will be applied: labels, and with them scope and precedence, depend on it. */
export interface ContextOptions {
  readonly zone?: string;
  readonly systemNamespace?: string;
}

/** Adds `--zone` and `--system-namespace`. */
export function addContextOptions(command: Command): Command {
  return command
    .option(
      "--zone <name>",
      "answer as the control plane of this zone does (default: as a control plane without zones)",
    )
    .option(
      "--system-namespace <name>",
      "where Kubernetes keeps the policies of the whole mesh (default: kuma-system)",
    );
}

export const contextOf = ({ zone, systemNamespace }: ContextOptions): CheckOptions => ({
  ...(zone !== undefined && { zone }),
  ...(systemNamespace !== undefined && { systemNamespace }),
});
