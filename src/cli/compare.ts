import { Argument, type Command } from "commander";
import type { ComparisonView, DifferenceView, WitnessView } from "../compare/index.ts";
import type { Checked } from "../policy/check/index.ts";
import { groupTitle } from "../policy/diff/index.ts";
import { type CommandContext, command, outputOption } from "./command.ts";
import { EXIT } from "./exit-codes.ts";
import { addFileOption } from "./input.ts";
import { addProxyOptions, loadChecked, type ProxyOptions, proxiesMeant } from "./proxy.ts";
import { printable, type Terminal } from "./terminal.ts";

interface CompareOptions extends ProxyOptions {
  readonly output: "text" | "json";
}

const MAX_NAMES = 20;
const MAX_RULES = 5;

export function compareCommand({ terminal, finish }: CommandContext): Command {
  const made = command(
    "compare",
    "Says where another implementation of the policy gives other verdicts than its documentation, for these policies and proxies: which connections, by which known difference, with one to try; and which policies it cannot enforce at all. Ends with 1 if there is a difference.",
    [
      { line: "sallyport compare kuma-2.9 -f policies/", does: "before a mesh moves from Kuma 2.9, or to it" },
      { line: "sallyport compare kuma-2.9 -f policies/ --proxy web-1 -o json", does: "one proxy, for a program" },
    ],
  );
  return addProxyOptions(addFileOption(made))
    .addArgument(new Argument("<implementation>", "with what").choices(["kuma-2.9"]))
    .addOption(outputOption(["text", "json"]))
    .action(async (_: string, options: CompareOptions) => {
      const checked = await loadChecked(options, terminal);
      const { isDifferent } = await import("../compare/index.ts");
      const views = await viewsOf(checked, options);
      const different = views.filter(isDifferent);
      if (options.output === "json") terminal.out(`${JSON.stringify(views, undefined, 2)}\n`);
      else terminal.out(asText(views, different, terminal));
      finish(different.length > 0 ? EXIT.no : EXIT.fine);
    });
}

async function viewsOf(checked: Checked, options: CompareOptions): Promise<readonly ComparisonView[]> {
  const { compareKuma, viewComparisons } = await import("../compare/index.ts");
  const resources = checked.resources.map(({ resource }) => resource);
  const policies = resources.filter((resource) => resource.type === "MeshPassthrough");
  const meshes = resources.filter((resource) => resource.type === "Mesh");
  const comparisons = proxiesMeant(checked, options).map(({ dataplane }) =>
    compareKuma(
      meshes.find(({ meta }) => meta.name === dataplane.meta.mesh),
      policies,
      dataplane,
    ),
  );
  return viewComparisons(comparisons);
}

function asText(views: readonly ComparisonView[], different: readonly ComparisonView[], terminal: Terminal): string {
  const { good, warn } = terminal.outStyles;
  const proxies = (some: readonly ComparisonView[]) => some.reduce((sum, view) => sum + view.proxies.length, 0);
  const many = proxies(views);
  const all = many === 1 ? "1 proxy" : `${many} proxies`;
  const count =
    different.length === 0
      ? good(`no difference: Kuma 2.9 gives ${all} the documented verdicts`)
      : warn(`Kuma 2.9 gives ${proxies(different)} of ${all} other verdicts than the documentation`);
  return `${views.map((view) => sectionText(view, terminal)).join("")}${count}\n`;
}

const STATES: Readonly<Record<ComparisonView["state"], string | undefined>> = {
  enforced: undefined,
  frozen: "Kuma generates no configuration: the proxy keeps the one it has, and a new one gets none",
  refused: "its Envoy refuses the listener: nothing leaves the mesh",
  "not enforced": "nothing is enforced on it, by either",
};

function sectionText(view: ComparisonView, terminal: Terminal): string {
  const { strong, warn, bad } = terminal.outStyles;
  const state = STATES[view.state];
  const lines = [strong(printable(groupTitle(view, MAX_NAMES)))];
  if (state !== undefined) lines.push(`  ${warn(state)}`);
  for (const { because, text, rules } of view.refusals) {
    lines.push(`    ${bad(because ?? "-")}  ${printable(text)}`);
    for (const { rule, written } of rules) {
      const port = written.port === undefined ? "any port" : `port ${written.port}`;
      lines.push(printable(`        ${rule}: ${written.type} ${written.value}, ${port}, ${written.protocol}`));
    }
  }
  for (const [documented, title] of TITLES) {
    const some = view.differences.filter((one) => one.documented === documented);
    if (some.length > 0) lines.push(`  ${warn(title)}`, ...some.flatMap((one) => differenceText(one, terminal)));
  }
  const known = new Map(
    view.differences.flatMap(({ because }) => because.map(({ id, means }) => [id, means] as const)),
  );
  if (known.size > 0) lines.push(`  ${warn("what Kuma 2.9 does")}`);
  for (const [id, means] of [...known].sort(byNumber)) lines.push(`    ${strong(id)}  ${means}`);
  if (view.undefinedPorts.length > 0)
    lines.push(
      `  ${warn("not defined")}: a block of all addresses beside names, on port ${view.undefinedPorts.join(", ")}`,
    );
  if (view.onlyIpv4) lines.push("  IPv6 is not compared: Kuma does not redirect it here, so no policy holds there");
  if (lines.length === 1) lines.push("  no difference");
  return `${lines.join("\n")}\n\n`;
}

/** D2 before D10. */
const byNumber = ([a]: readonly [string, string], [b]: readonly [string, string]): number =>
  (Number(a.slice(1)) || 100) - (Number(b.slice(1)) || 100);

const TITLES = [
  ["allow", "allowed by the documentation, not by Kuma 2.9"],
  ["deny", "allowed by Kuma 2.9, not by the documentation"],
] as const;

function differenceText({ because, connections, kuma, witness, rules }: DifferenceView, terminal: Terminal): string[] {
  const { faint, strong } = terminal.outStyles;
  const ids = because.map(({ id }) => id).join("+");
  const answer = typeof kuma === "number" ? `Kuma answers ${kuma}` : `Kuma: ${kuma}`;
  return [
    `    ${strong(ids)}  ${printable(connections)}${rulesText(rules)}`,
    faint(`        such as ${printable(witnessText(witness))}: ${answer}`),
  ];
}

function rulesText(rules: readonly string[] | undefined): string {
  if (rules === undefined || rules.length === 0) return "";
  const more = rules.length > MAX_RULES ? ` and ${rules.length - MAX_RULES} more` : "";
  return printable(` (${rules.slice(0, MAX_RULES).join(", ")}${more})`);
}

function witnessText({ connection, host, upgrade, silent }: WitnessView): string {
  const how = [
    ...(host === undefined ? [] : [`Host: ${host}`]),
    ...(upgrade === undefined ? [] : [`Upgrade: ${upgrade}`]),
    ...(silent === undefined ? [] : ["silent"]),
  ];
  return how.length === 0 ? connection : `${connection} with ${how.join(", ")}`;
}
