import { once } from "node:events";
import { type Command, Option } from "commander";
import type { SidecarSettings } from "../data-plane/index.ts";
import { type CommandContext, command } from "./command.ts";
import { portNumber, repeated, wholeNumber } from "./numbers.ts";
import { asCommandError } from "./operator-fault.ts";
import { addIdentityOptions, type IdentityOptions, identityOf } from "./proxy-identity.ts";

interface SidecarOptions extends IdentityOptions {
  readonly proxy: string;
  readonly mesh: string;
  readonly controlPlane?: string;
  readonly state: string;
  readonly envoy?: string;
  readonly redirect: SidecarSettings["redirect"];
  readonly outboundPort?: number;
  readonly rawPort?: number;
  readonly raw: boolean;
  readonly resolver?: readonly string[];
  readonly concurrency?: number;
  readonly maxConnections?: number;
  readonly maxHeap?: number;
  readonly revocation?: string;
  readonly log?: string;
  readonly envoyLogLevel?: string;
}

export function sidecarCommand(context: CommandContext): Command {
  const made = command("sidecar", "Enforces the policies of one workload with an Envoy beside it.", []);
  return made.addCommand(runCommand(context));
}

function runCommand({ terminal }: CommandContext): Command {
  const made = command(
    "run",
    "Runs one workload's sidecar in this network namespace until INT or TERM: redirection, Envoy, and the agent that keeps both to the policy. " +
      "What was not admitted comes as JSON lines on standard output, logs on standard error. The redirection stays when the sidecar ends, so nothing gets out then.",
    [
      {
        line: "sallyport sidecar run --proxy web-1 --state /var/lib/sallyport/web-1 --control-plane unix:/run/sallyport/xds.sock",
        does: "with a control plane on this host",
      },
      {
        line: "sallyport sidecar run --proxy web-1 --state /var/lib/sallyport/web-1 --redirect verify-only",
        does: "without one: the last accepted policy, behind a redirection installed before",
      },
    ],
  )
    .requiredOption("-p, --proxy <name>", "name of the workload's Dataplane")
    .option("-m, --mesh <name>", "its mesh", "default")
    .option(
      "--control-plane <address>",
      "`unix:PATH` or `127.0.0.1:PORT` (default: none, the policy on disk stays in force)",
    )
    .requiredOption("--state <folder>", "where policy, sockets and logs are kept; one sidecar has one")
    .option("--envoy <file>", "the Envoy binary (default: as `sallyport envoy path` says)")
    .addOption(
      new Option("--redirect <how>", "`install`: ours; `verify-only`: installed before; `none`: somebody else's")
        .choices(["install", "verify-only", "none"])
        .default("install"),
    )
    .option("--outbound-port <port>", "listener that inspects (default: as the Dataplane says, else 15001)", portNumber)
    .option("--raw-port <port>", "listener that does not (default: 15003)", portNumber)
    .option("--no-raw", "only the listener that inspects, with `--redirect none`")
    .option(
      "--resolver <address>",
      "name server whose TCP/53 is left alone; may be repeated (default: /etc/resolv.conf)",
      repeated,
    )
    .option("--concurrency <number>", "Envoy's worker threads (default: 2)", wholeNumber(1, 256))
    .option(
      "--max-connections <number>",
      "open at a time, more are refused (default: what descriptors allow, at most 10000)",
      wholeNumber(1, 1e9),
    )
    .option(
      "--max-heap <bytes>",
      "beyond which Envoy takes no more connections (default: 1 GiB)",
      wholeNumber(1, Number.MAX_SAFE_INTEGER),
    )
    .option(
      "--revocation <how>",
      "open connections that a change forbids: `cut`, `drain 30s` or `keep`, where neither a policy nor the control plane says it (default: cut)",
    )
    .option("--log <file>", "append what was not admitted to this file (default: standard output)")
    .option("--envoy-log-level <level>", "of Envoy's own log (default: warning)");
  return addIdentityOptions(made).action(async (options: SidecarOptions) => {
    const stop = terminal.stopSignal();
    const { start } = await import("../data-plane/index.ts");
    const running = await asCommandError(() => start(settingsOf(options)));
    if (!stop.aborted) await once(stop, "abort");
    await running.stop();
  });
}

function settingsOf(options: SidecarOptions): SidecarSettings {
  const { proxy: name, mesh, controlPlane, state: stateFolder, envoy: envoyPath, redirect, log: logFile } = options;
  const { outboundPort, rawPort, concurrency, maxConnections, envoyLogLevel } = options;
  const { raw: rawListener, resolver: resolvers, maxHeap: maxHeapBytes, revocation } = options;
  const identity = identityOf(options);
  return {
    ...{ name, mesh, stateFolder, redirect, rawListener },
    ...(controlPlane !== undefined && { controlPlane }),
    ...(envoyPath !== undefined && { envoyPath }),
    ...(identity !== undefined && { identity }),
    ...(outboundPort !== undefined && { outboundPort }),
    ...(rawPort !== undefined && { rawPort }),
    ...(resolvers !== undefined && { resolvers }),
    ...(concurrency !== undefined && { concurrency }),
    ...(maxConnections !== undefined && { maxConnections }),
    ...(maxHeapBytes !== undefined && { maxHeapBytes }),
    ...(revocation !== undefined && { revocation }),
    ...(logFile !== undefined && { logFile }),
    ...(envoyLogLevel !== undefined && { envoyLogLevel }),
  };
}
