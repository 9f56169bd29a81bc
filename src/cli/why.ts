import type { Command } from "commander";
import { assertNever, quote } from "../policy/diagnostics/index.ts";
import {
  type ConnectionText,
  formatConnection,
  formatPolicyRef,
  type NearMiss,
  type PolicyRef,
  parseConnection,
  type Reason,
  type Rule,
} from "../policy/model/index.ts";
import { formatIp } from "../policy/net/index.ts";
import { renderWhy, type Why, why } from "../policy/why/index.ts";
import { type CommandContext, command, outputOption } from "./command.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { addFileOption } from "./input.ts";
import { addProxyOptions, loadChecked, type ProxyOptions, proxyMeant } from "./proxy.ts";
import { printable, type Terminal } from "./terminal.ts";

interface WhyOptions extends ProxyOptions {
  readonly output: "text" | "json";
}

export function whyCommand({ terminal, finish }: CommandContext): Command {
  const made = command(
    "why",
    "Says whether a connection may leave, and why: ends with 0 if it may, with 1 if not, or not at every address.",
    [
      { line: "sallyport why -f policies/ --proxy web-1 tls://httpbin.org", does: "a TLS connection by name" },
      { line: "sallyport why --proxy web-1 http://10.1.2.3:8080", does: "a plaintext request to an address" },
      { line: "sallyport why --proxy web-1 tls://:443@203.0.113.7", does: "TLS without a server name" },
      { line: "sallyport why --proxy web-1 opaque://10.1.2.3:5432", does: "bytes that are neither TLS nor HTTP" },
    ],
  );
  return addProxyOptions(addFileOption(made))
    .argument("<connection>", "tls://, http://, http10://, h2c://, grpc://, ws:// or opaque://, then name[:port][@ip]")
    .addOption(outputOption(["text", "json"]))
    .action(async (text: string, options: WhyOptions) => {
      const connection = connectionOf(text);
      const checked = await loadChecked(options, terminal);
      const { dataplane, effective } = proxyMeant(checked, options);
      const answer = why(effective, connection);
      const { name: proxy, mesh } = dataplane.meta;
      if (options.output === "json") {
        const view = { connection: formatConnection(connection), proxy, mesh, ...viewWhy(answer) };
        terminal.out(`${JSON.stringify(view, undefined, 2)}\n`);
      } else terminal.out(asText(renderWhy(connection, answer), answer.verdict, terminal));
      finish(answer.verdict === "allow" ? EXIT.fine : EXIT.no);
    });
}

function connectionOf(text: string): ConnectionText {
  const connection = parseConnection(text);
  if (connection.ok) return connection.value;
  throw new CommandError(EXIT.usage, `${quote(text)} is no connection`, connection.help);
}

/** The first line is the question, the second the answer. */
function asText(
  [asked = "", answer = "", ...reasons]: readonly string[],
  verdict: Why["verdict"],
  terminal: Terminal,
): string {
  const { bad, good, strong, warn } = terminal.outStyles;
  const tint = { allow: good, deny: bad, depends: warn }[verdict];
  const dressed = printable(answer).replace(/^(?:allowed|denied|depends)/, (word) => tint(word));
  return [strong(printable(asked)), dressed, ...reasons.map(printable)].map((line) => `${line}\n`).join("");
}

/** The answer in plain values; rules and policies by the names that every other output gives them. */
function viewWhy(answer: Why): object {
  if (!answer.addressMatters)
    return { verdict: answer.verdict, addressMatters: false, reasons: answer.because.reasons.map(viewReason) };
  const admitting = answer.admitting.map(({ source, value }) => viewRule(source, value));
  if (answer.verdict === "allow") return { verdict: answer.verdict, addressMatters: true, admitting };
  const { ip, because } = answer.elsewhere;
  const elsewhere = { ip: formatIp(ip), verdict: because.kind, reasons: because.reasons.map(viewReason) };
  return { verdict: answer.verdict, addressMatters: true, admitting, elsewhere };
}

function viewReason(reason: Reason): object {
  switch (reason.kind) {
    case "not enforced":
      return reason;
    case "mode":
      return { ...reason, source: typeof reason.source === "string" ? reason.source : formatPolicyRef(reason.source) };
    case "rule":
      return { kind: reason.kind, ...viewRule(reason.source, reason.rule) };
    case "no rule admits":
      return { kind: reason.kind, nearest: reason.nearest.map(viewMiss) };
    default:
      return assertNever(reason);
  }
}

const viewMiss = ({ source, rule, differs }: NearMiss): object => ({ ...viewRule(source, rule), differs });

const viewRule = (source: PolicyRef, rule: Rule): object => ({ rule: formatPolicyRef(source), written: rule.written });
