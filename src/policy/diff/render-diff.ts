import type { NotEnforced } from "../model/index.ts";
import { formatConnection } from "../model/index.ts";
import { type ClassView, type ConnectionClass, renderClass, viewClass } from "../space/index.ts";
import type { DiffGroup, DiffReport, Enforced, ProxyName } from "./diff-proxies.ts";

/** A report in plain values: the shape of the JSON output. */
export interface DiffView {
  readonly differs: boolean;
  readonly unchanged: number;
  readonly groups: readonly {
    readonly kind: DiffGroup["kind"];
    readonly proxies: readonly ProxyName[];
    readonly enforcement?: { readonly before?: true | NotEnforced; readonly after?: true | NotEnforced };
    readonly allowed: readonly ClassView[];
    readonly denied: readonly ClassView[];
  }[];
}

/** The plain values of a report. */
export function viewDiff({ groups, unchanged }: DiffReport): DiffView {
  return {
    differs: groups.length > 0,
    unchanged,
    groups: groups.map(({ kind, proxies, enforcement, allowed, denied }) => ({
      kind,
      proxies,
      ...(enforcement === undefined ? {} : { enforcement: viewEnforcement(enforcement) }),
      allowed: allowed.map(viewClass),
      denied: denied.map(viewClass),
    })),
  };
}

function viewEnforcement({ before, after }: NonNullable<DiffGroup["enforcement"]>) {
  const view = (enforced: Enforced): true | NotEnforced => (enforced === true ? true : enforced.not);
  return {
    ...(before === undefined ? {} : { before: view(before) }),
    ...(after === undefined ? {} : { after: view(after) }),
  };
}

/** `2 of 5 proxies change their egress, 1 is added`: the report in one line. */
export function renderDiffCount({ groups, unchanged }: DiffReport): string {
  const count = (kind: DiffGroup["kind"]): number =>
    groups.filter((g) => g.kind === kind).reduce((sum, { proxies }) => sum + proxies.length, 0);
  const [changed, added, removed] = [count("changed"), count("added"), count("removed")];
  const both = changed + unchanged;
  const parts = [
    changed > 0
      ? `${changed} of ${both} ${both === 1 ? "proxy" : "proxies"} ${changed === 1 ? "changes its" : "change their"} egress`
      : "",
    removed > 0 ? `${removed} ${removed === 1 ? "is" : "are"} removed` : "",
    added > 0 ? `${added} ${added === 1 ? "is" : "are"} added` : "",
  ].filter((part) => part !== "");
  if (parts.length > 0) return parts.join(", ");
  return `no difference: ${unchanged === 1 ? "the one proxy keeps its" : `all ${unchanged} proxies keep their`} egress`;
}

/** What a group says beside its classes: whether the proxies come or go, and what becomes of enforcement. */
export function groupNotes({ kind, enforcement }: DiffGroup): string[] {
  const notes = kind === "added" ? ["new: all that may leave it is listed"] : kind === "removed" ? ["removed"] : [];
  if (enforcement === undefined) return notes;
  const { before, after } = enforcement;
  if (before === undefined || after === undefined) {
    const only = before ?? after;
    return only === undefined || only === true ? notes : [...notes, `nothing is enforced on it: ${only.not}`];
  }
  if (after === true) return [...notes, "enforcement begins"];
  return [...notes, before === true ? `enforcement ends: ${after.not}` : `still not enforced, now: ${after.not}`];
}

/** What the lists of a group are called. */
export const groupLabels = ({ kind }: DiffGroup): { readonly allowed: string; readonly denied: string } => ({
  allowed: kind === "added" ? "allowed" : "newly allowed",
  denied: kind === "removed" ? "was allowed" : "newly denied",
});

/** `web-1, web-2 (mesh default)`. */
export function groupTitle({ proxies }: Pick<DiffGroup, "proxies">, maxListed = Number.POSITIVE_INFINITY): string {
  const meshes = [...new Set(proxies.map(({ mesh }) => mesh))];
  return meshes
    .map((mesh) => {
      const names = proxies.filter((proxy) => proxy.mesh === mesh).map(({ name }) => name);
      const more = names.length > maxListed ? ` and ${names.length - maxListed} more` : "";
      return `${names.slice(0, maxListed).join(", ")}${more} (mesh ${mesh})`;
    })
    .join(", ");
}

const MAX_TITLE = 20;

/** The report for a pull request. Ends with a line end. */
export function renderDiffMarkdown(report: DiffReport): string {
  const lines = [`**Egress:** ${renderDiffCount(report)}`, ""];
  for (const group of report.groups) {
    lines.push(`#### ${plain(groupTitle(group, MAX_TITLE))}`, "", ...groupNotes(group).map((note) => `${note}\n`));
    const { allowed, denied } = groupLabels(group);
    const rows = [...group.allowed.map(row(`✅ ${allowed}`)), ...group.denied.map(row(`⛔ ${denied}`))];
    if (rows.length > 0) lines.push("| | connections | for example |", "|---|---|---|", ...rows, "");
  }
  return `${lines.join("\n").trimEnd()}\n`;
}

const row =
  (label: string) =>
  (one: ConnectionClass): string => {
    const witness = formatConnection(one.witness).replaceAll("|", "\\|");
    return `| ${label} | ${plain(renderClass(one))} | \`${witness}\` |`;
  };

/** What Markdown and HTML would read as theirs is escaped. */
const plain = (text: string): string => text.replace(/[\\`*_{}[\]<>|#~&]/g, (c) => (c === "<" ? "&lt;" : `\\${c}`));
