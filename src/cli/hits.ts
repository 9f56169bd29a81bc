import type { Command } from "commander";
import type { HitsView, RuleHits } from "../data-plane/hits/index.ts";
import { type CommandContext, command, outputOption } from "./command.ts";
import { EXIT } from "./exit-codes.ts";
import { addStateOption, askAll, incompleteness, type SidecarsOptions, shortTime } from "./sidecars.ts";
import { type Cell, renderTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

interface HitsOptions extends SidecarsOptions {
  readonly unused?: boolean;
}

export function hitsCommand({ terminal, finish }: CommandContext): Command {
  const made = command(
    "hits",
    "Shows how often each rule in force has admitted something, and when it last did, as running sidecars have counted. With `--unused` only the rules that nothing has used, and ends with 1 if there are any.",
    [
      { line: "sallyport hits --state /var/lib/sallyport/web-1", does: "every rule of one workload" },
      {
        line: "sallyport hits --state /var/lib/sallyport/web-1 --state /var/lib/sallyport/web-2 --unused",
        does: "rules that neither of two workloads has used",
      },
    ],
  );
  return addStateOption(made)
    .option("--unused", "only rules that admitted nothing since they are counted, and that nothing open uses")
    .addOption(outputOption(["text", "json"]))
    .action(async (options: HitsOptions) => {
      const views = await askAll<HitsView>(options.state, "/hits");
      const all = sumOf(views);
      const unused = all.filter(({ hits, open }) => hits === 0 && open === 0);
      const rules = options.unused === true ? unused : all;
      if (options.output === "json") {
        const workloads = views.map(({ rules: _, ...view }) => view);
        terminal.out(`${JSON.stringify({ workloads, rules }, undefined, 2)}\n`);
      } else terminal.out(asText(views, rules, { ...options, unusedOf: all.length }, terminal));
      finish(options.unused === true && unused.length > 0 ? EXIT.no : EXIT.fine);
    });
}

/** A rule of several workloads once: hits of all of them, counted by all of them since the latest beginning. */
function sumOf(views: readonly HitsView[]): RuleHits[] {
  const rows = new Map<string, RuleHits>();
  for (const { rules } of views)
    for (const row of new Map(rules.map((rule) => [keyOf(rule), rule])).values()) {
      const before = rows.get(keyOf(row));
      rows.set(keyOf(row), before === undefined ? row : join(before, row));
    }
  return [...rows.values()];
}

const keyOf = ({ rule, mesh, type, value, port, protocol }: RuleHits): string =>
  JSON.stringify([mesh, rule, type, value, port ?? "", protocol]);

function join(a: RuleHits, b: RuleHits): RuleHits {
  const [first] = [a.first, b.first].filter((time) => time !== undefined).sort(byTime);
  const last = [a.last, b.last]
    .filter((time) => time !== undefined)
    .sort(byTime)
    .at(-1);
  return {
    ...a,
    ...{ hits: a.hits + b.hits, only: a.only + b.only, open: a.open + b.open },
    since: a.since > b.since ? a.since : b.since,
    ...(first !== undefined && { first }),
    ...(last !== undefined && { last }),
  };
}

/** ISO 8601, all of one length. */
const byTime = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

interface Shown extends HitsOptions {
  readonly unusedOf: number;
}

function asText(
  views: readonly HitsView[],
  rules: readonly RuleHits[],
  { unused = false, unusedOf }: Shown,
  terminal: Terminal,
): string {
  const { strong, faint, warn } = terminal.outStyles;
  const titles = views.map(({ mesh, workload, mode, since, otherwise }) => {
    const others = [
      ...(otherwise.mode > 0 ? [`${otherwise.mode} admitted by mode All`] : []),
      ...(otherwise.notEnforced > 0 ? [`${otherwise.notEnforced} admitted because policies are not enforced`] : []),
      ...(otherwise.unexplained > 0 ? [`${otherwise.unexplained} admitted by an earlier policy`] : []),
    ].map((text) => `; ${text}`);
    return `${strong(`${workload} in mesh ${mesh}`)}: mode ${mode}, counted since ${shortTime(since)}${others.join("")}\n`;
  });
  const rows = rules.map((row): Cell[] => [
    ...[`${row.hits}`, `${row.only}`, `${row.open}`],
    row.last === undefined ? { text: `never since ${shortTime(row.since)}`, style: warn } : shortTime(row.last),
    ...[row.rule, row.type, row.value, `${row.port ?? "any"}`, row.protocol],
  ]);
  const table = renderTable(rows, {
    titles: ["HITS", "ONLY", "OPEN", "LAST", "RULE", "TYPE", "VALUE", "PORT", "PROTOCOL"],
    titleStyle: faint,
    indent: "  ",
  });
  const none = unused ? `  all ${unusedOf} rules were used\n` : "  there are no rules\n";
  return (
    titles.join("") +
    (rows.length === 0 ? none : table) +
    incompleteness(
      terminal,
      views.map((v) => v.records),
    )
  );
}
