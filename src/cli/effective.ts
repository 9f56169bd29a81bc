import type { Command } from "commander";
import { type CommandContext, command, outputOption } from "./command.ts";
import { type EffectiveView, viewEffective } from "./effective-view.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import type { ImpactOptions } from "./impact.ts";
import { addPaths } from "./input.ts";
import { addProxyOptions, loadChecked, type ProxyOptions, proxiesMeant } from "./proxy.ts";
import { renderTable } from "./table.ts";
import { printable, type Terminal } from "./terminal.ts";
import { renderYaml } from "./yaml.ts";

interface EffectiveOptions extends ProxyOptions, Partial<ImpactOptions> {
  readonly output: "text" | "json" | "yaml";
}

export function effectiveCommand({ terminal, finish }: CommandContext): Command {
  const made = command(
    "effective",
    "Shows what each proxy enforces: mode and rules, the policy that each came from, and why the other policies do not select it. With `--impact` what a change will do to open connections; ends with 1 if it forbids any.",
    [
      { line: "sallyport effective -f policies/", does: "every Dataplane in the folder" },
      { line: "sallyport effective -f policies/ --proxy web-1 -o json", does: "one of them, for a program" },
      {
        line: "sallyport effective -f policies/ --impact proposed/",
        does: "which open connections will be cut, and which stay, once the policies are those of another folder",
      },
      {
        line: "sallyport effective --impact proposed/ --state /var/lib/sallyport/web-1",
        does: "the same of each connection that is open on one workload now",
      },
    ],
  );
  return addProxyOptions(addPaths(made))
    .option(
      "--impact <path>",
      "file, folder or `-`: all policies as they will be; Dataplanes and Meshes that are not in it are those of `-f`",
    )
    .option(
      "--state <folder>",
      "with `--impact`: state folder of a running sidecar, which tells it of each open connection; what is in force there is the old side",
    )
    .addOption(outputOption(["text", "json", "yaml"]))
    .action(async (_paths: readonly string[], options: EffectiveOptions) => {
      const { impact } = options;
      if (impact !== undefined) {
        const { impactAnswer } = await import("./impact.ts");
        const { value, text, forbidsAny } = await impactAnswer({ ...options, impact }, terminal);
        if (options.output === "json") terminal.out(`${JSON.stringify(value, undefined, 2)}\n`);
        else terminal.out(options.output === "yaml" ? renderYaml(value) : text);
        return finish(forbidsAny ? EXIT.no : EXIT.fine);
      }
      if (options.state !== undefined)
        throw new CommandError(
          EXIT.usage,
          "`--state` belongs to `--impact`",
          "name the policies as they will be with it",
        );
      const checked = await loadChecked(options, terminal);
      const views = proxiesMeant(checked, options).map((proxy) => viewEffective(checked, proxy));
      // A name asks for one answer, not for a list of one.
      const answer = options.proxy !== undefined && views.length === 1 ? views[0] : views;
      if (options.output === "json") terminal.out(`${JSON.stringify(answer, undefined, 2)}\n`);
      else if (options.output === "yaml") terminal.out(renderYaml(answer));
      else terminal.out(views.map((view) => asText(view, terminal)).join("\n"));
    });
}

function asText(view: EffectiveView, terminal: Terminal): string {
  const { strong, faint, good, warn } = terminal.outStyles;
  const width = terminal.columns;
  const lines = [`${strong(printable(view.proxy))} in mesh ${printable(view.mesh)}\n`];
  if (view.enforced !== true) lines.push(`  ${warn("not enforced")}: ${view.enforced}\n`);
  lines.push(`  mode ${strong(view.mode.value)}, ${view.mode.because}\n`);
  const rules = view.rules.map((r) => [
    r.type,
    r.value,
    r.port === undefined ? "any" : `${r.port}`,
    r.protocol,
    { text: r.from, style: strong },
    { text: r.at ?? "", style: faint },
  ]);
  const ruleTitles = ["TYPE", "VALUE", "PORT", "PROTOCOL", "FROM", "AT"];
  const note =
    view.mode.value === "Matched" || rules.length === 0 ? "" : `, which mode ${view.mode.value} leaves unused`;
  lines.push(rules.length === 0 ? "  no rules\n" : `\n  rules${note}\n`);
  lines.push(renderTable(rules, { titles: ruleTitles, titleStyle: faint, indent: "    ", width }));
  const policies = view.policies.map((p) => [
    p.name,
    p.selected ? { text: "selects it", style: good } : { text: "does not select it", style: faint },
    p.because ?? "",
  ]);
  lines.push(policies.length === 0 ? "  no policies\n" : "\n  policies, highest precedence first\n");
  lines.push(renderTable(policies, { indent: "    ", width }));
  return lines.join("");
}
