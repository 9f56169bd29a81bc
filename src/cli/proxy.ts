import type { Command } from "commander";
import { type Checked, type CheckedProxy, check } from "../policy/check/index.ts";
import { nearestWord } from "../policy/text/index.ts";
import { faultCount, hasErrors, notSaid, renderDiagnostics } from "./diagnostics.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { type InputText, readTexts } from "./input.ts";
import { addContextOptions, type ContextOptions, contextOf } from "./label-context.ts";
import { printable, type Terminal } from "./terminal.ts";

/** Which proxies are meant. */
export interface ProxyOptions extends ContextOptions {
  readonly file?: readonly string[];
  readonly proxy?: string;
  readonly mesh?: string;
}

/** Adds `--proxy`, `--mesh`, and what labels depend on. */
export function addProxyOptions(command: Command): Command {
  return addContextOptions(command)
    .option("-p, --proxy <name>", "name of a Dataplane; in Kubernetes form with its namespace: `name.namespace`")
    .option("-m, --mesh <name>", "its mesh, where that is not clear");
}

/**
 * Read and check what `-f` names. Warnings go to standard error; an error ends the command, since an answer without
 * the refused resource would be the answer to another question. `said`: what earlier calls have written already.
 */
export async function loadChecked(
  options: ProxyOptions,
  terminal: Terminal,
  said: Set<string> = new Set(),
): Promise<Checked> {
  const texts: readonly InputText[] = await readTexts(options.file, terminal);
  const checked = check(texts, contextOf(options));
  const { diagnostics } = checked;
  terminal.err(renderDiagnostics(notSaid(said, diagnostics, texts), texts, terminal.errStyles));
  if (hasErrors(diagnostics))
    throw new CommandError(EXIT.no, `${faultCount(diagnostics)}: there is no answer before the errors are mended`);
  return checked;
}

/** All that the options allow, at least one. */
export function proxiesMeant(checked: Checked, options: ProxyOptions): CheckedProxy[] {
  const { proxy, mesh } = options;
  const found = checked.proxies.filter(
    ({ dataplane: { meta } }) =>
      (proxy === undefined || meta.name === proxy) && (mesh === undefined || meta.mesh === mesh),
  );
  if (found.length > 0) return found;
  if (checked.proxies.length === 0)
    throw new CommandError(EXIT.usage, "there is no Dataplane in the files", "name the file that has it with `-f` too");
  const wanted = [proxy ?? "any Dataplane", ...(mesh === undefined ? [] : [`in mesh ${mesh}`])].join(" ");
  throw new CommandError(
    EXIT.usage,
    `no such Dataplane: \`${printable(wanted)}\``,
    guessOf(checked.proxies, proxy, mesh) ?? `there is ${listOf(checked.proxies)}`,
  );
}

/** The one Dataplane that was most likely meant: of this name in some namespace, else of the name most like it. */
function guessOf(
  all: readonly CheckedProxy[],
  proxy: string | undefined,
  mesh: string | undefined,
): string | undefined {
  if (proxy === undefined) return undefined;
  const metas = all.map(({ dataplane: { meta } }) => meta).filter((meta) => mesh === undefined || meta.mesh === mesh);
  const names = metas.map(({ name }) => name);
  const below = names.filter((name) => name.startsWith(`${proxy}.`));
  const guess = below.length > 0 ? below : [nearestWord(proxy, names) ?? ""].filter((name) => name !== "");
  const shown = [...new Set(guess)].slice(0, MAX_LISTED).map((name) => `\`${printable(name)}\``);
  return shown.length === 0 ? undefined : `did you mean ${shown.join(" or ")}?`;
}

/** The one that is meant; several are an error that lists them. */
export function proxyMeant(checked: Checked, options: ProxyOptions): CheckedProxy {
  const [first, ...others] = proxiesMeant(checked, options);
  if (first !== undefined && others.length === 0) return first;
  const sameName = options.proxy !== undefined;
  throw new CommandError(
    EXIT.usage,
    `which Dataplane is meant? There is ${listOf(proxiesMeant(checked, options))}`,
    sameName ? "name its mesh with `--mesh`" : "name one with `--proxy`",
  );
}

const MAX_LISTED = 10;

function listOf(proxies: readonly CheckedProxy[]): string {
  const names = proxies.map(({ dataplane: { meta } }) => printable(`${meta.name} (mesh ${meta.mesh})`));
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : "";
  return `${names.slice(0, MAX_LISTED).join(", ")}${more}`;
}
