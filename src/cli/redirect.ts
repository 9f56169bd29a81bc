import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import type { RedirectSettings } from "../compile/nftables/index.ts";
import { type IpAddress, parseIp } from "../policy/net/index.ts";
import { type CommandContext, command } from "./command.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { portNumber, repeated } from "./numbers.ts";
import { asCommandError } from "./operator-fault.ts";
import { addIdentityOptions, type IdentityOptions, identityOf } from "./proxy-identity.ts";

interface RedirectOptions extends IdentityOptions {
  readonly outboundPort: number;
  readonly rawPort: number;
  readonly resolver?: readonly string[];
  readonly ipv6: RedirectSettings["ipv6"];
}

export function redirectCommand(context: CommandContext): Command {
  const made = command(
    "redirect",
    "Leads a workload's outgoing connections to its sidecar: one nft table, `inet sallyport`.",
    [],
  );
  return made
    .addCommand(printCommand(context))
    .addCommand(installCommand(context))
    .addCommand(uninstallCommand(context));
}

function printCommand({ terminal }: CommandContext): Command {
  const made = command("print", "Prints the redirection as text for `nft -f -`, and changes nothing.", [
    { line: "sallyport redirect print", does: "as `redirect install` would put it in force here" },
  ]);
  return addRedirectOptions(made).action(async (options: RedirectOptions) => {
    const { printRedirect } = await import("../data-plane/redirect/index.ts");
    terminal.out(printRedirect(await settingsOf(options)));
  });
}

function installCommand({ terminal }: CommandContext): Command {
  const made = command(
    "install",
    "Puts the redirection in force in this network namespace, before the workload starts. Without a sidecar nothing gets out from then on. " +
      "Run it where the workload runs; `sidecar run --redirect verify-only` works behind it.",
    [{ line: "sallyport redirect install", does: "needs CAP_NET_ADMIN in this network namespace" }],
  );
  return addRedirectOptions(made).action(async (options: RedirectOptions) => {
    const { installRedirect } = await import("../data-plane/redirect/index.ts");
    const settings = await settingsOf(options);
    await asCommandError(() => installRedirect(settings));
    terminal.err("the redirection is in force: connections get out through a sidecar only\n");
  });
}

function uninstallCommand({ terminal, finish }: CommandContext): Command {
  return command(
    "uninstall",
    "Ends the redirection: from then on the workload's connections go straight out, unchecked. Nothing else does this. Ends with 1 if there was none.",
    [{ line: "sallyport redirect uninstall", does: "opens this network namespace" }],
  ).action(async () => {
    const { uninstallRedirect } = await import("../data-plane/redirect/index.ts");
    const { wasInForce } = await asCommandError(uninstallRedirect);
    const { warn } = terminal.errStyles;
    if (wasInForce) terminal.err(`${warn("open:")} the redirection is gone, connections go straight out, unchecked\n`);
    else terminal.err("there was no redirection\n");
    finish(wasInForce ? EXIT.fine : EXIT.no);
  });
}

function addRedirectOptions(made: Command): Command {
  made
    .option("--outbound-port <port>", "of the listener that inspects", portNumber, 15_001)
    .option("--raw-port <port>", "of the listener that does not", portNumber, 15_003)
    .option(
      "--resolver <address>",
      "name server whose TCP/53 is left alone; may be repeated (default: /etc/resolv.conf)",
      repeated,
    )
    .addOption(
      new Option("--ipv6 <how>", "`refuse`: the proxy has no IPv6, so none gets out")
        .choices(["redirect", "refuse"])
        .default("redirect"),
    );
  return addIdentityOptions(made);
}

async function settingsOf(options: RedirectOptions): Promise<RedirectSettings> {
  const { defaultIdentity } = await import("../data-plane/host/index.ts");
  const identity = identityOf(options) ?? defaultIdentity();
  const { outboundPort, rawPort, ipv6, resolver = systemResolvers() } = options;
  if (outboundPort === rawPort) throw new CommandError(EXIT.usage, `both listeners are on port ${rawPort}`);
  return { outboundPort, rawPort, identity, ipv6, mode: "Matched", resolvers: resolver.map(addressOf) };
}

function addressOf(text: string): IpAddress {
  const ip = parseIp(text);
  if (ip.ok) return ip.value;
  throw new CommandError(EXIT.usage, `\`${text}\` is no address of a name server`, ip.help);
}

/** Name servers that are this host itself need no exception. */
function systemResolvers(): string[] {
  try {
    const lines = readFileSync("/etc/resolv.conf", "utf8").split("\n");
    const addresses = lines.flatMap((line) => /^\s*nameserver\s+([0-9a-fA-F.:]+)\s*$/.exec(line)?.[1] ?? []);
    return addresses.filter((address) => parseIp(address).ok && !/^(?:127\.|::1$)/.test(address));
  } catch {
    return [];
  }
}
