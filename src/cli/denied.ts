import type { Command } from "commander";
import type { DeniedPlace, DeniedView } from "../data-plane/hits/index.ts";
import { type CommandContext, command, outputOption } from "./command.ts";
import { wholeNumber } from "./numbers.ts";
import { addStateOption, askAll, incompleteness, type SidecarsOptions, shortTime } from "./sidecars.ts";
import { type Cell, renderTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

interface DeniedOptions extends SidecarsOptions {
  readonly most: number;
}

export function deniedCommand({ terminal }: CommandContext): Command {
  const made = command(
    "denied",
    "Shows what running sidecars have denied: how often, when last, and what the policy of this moment says of it. Each single denial is a line of the sidecar's report.",
    [
      { line: "sallyport denied --state /var/lib/sallyport/web-1", does: "what was denied most often" },
      { line: "sallyport denied --state /var/lib/sallyport/web-1 --most 100 -o json", does: "more of it, as data" },
    ],
  );
  return addStateOption(made)
    .option("--most <number>", "places to list, those denied most often", wholeNumber(0, 1_000), 20)
    .addOption(outputOption(["text", "json"]))
    .action(async ({ state, most, output }: DeniedOptions) => {
      const views = await askAll<DeniedView>(state, `/denied?most=${most}`);
      if (output === "json") terminal.out(`${JSON.stringify({ workloads: views }, undefined, 2)}\n`);
      else terminal.out(views.map((view) => asText(view, terminal)).join("\n"));
    });
}

function asText(view: DeniedView, terminal: Terminal): string {
  const { strong, faint } = terminal.outStyles;
  const { mesh, workload, total, since, reasons, places, others, records } = view;
  const title = `${strong(`${workload} in mesh ${mesh}`)}: ${total} denied since ${shortTime(since)}\n`;
  const why = Object.entries(reasons).map(([reason, count]) => `${reason} ${count}`);
  const rows = places.map((place) => rowOf(place, terminal));
  const table = renderTable(rows, {
    titles: ["COUNT", "LAST", "CONNECTION", "ANSWER", "NOW"],
    titleStyle: faint,
    indent: "  ",
    width: terminal.columns,
  });
  const rest = others > 0 ? `  and ${others} at other places\n` : "";
  return title + (why.length > 0 ? `  ${why.join(", ")}\n\n` : "") + table + rest + incompleteness(terminal, [records]);
}

function rowOf(
  { because, count, last, connection, destination, answer, now, reason }: DeniedPlace,
  terminal: Terminal,
): Cell[] {
  const { good } = terminal.outStyles;
  const [first = "", nearest] = reason;
  const says = connection === undefined ? because : nearest === undefined ? first : `${first}; ${nearest}`;
  return [
    ...[`${count}`, shortTime(last), connection ?? destination, answer],
    now === "allowed" ? { text: `allowed: ${first}`, style: good } : says,
  ];
}
