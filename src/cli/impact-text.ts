import type { FateView, LiveImpactView } from "../data-plane/index.ts";
import { type ClassImpact, renderFates } from "../policy/impact/index.ts";
import { formatConnection, formatRevocation } from "../policy/model/index.ts";
import { renderClass } from "../policy/space/index.ts";
import { printable, type Terminal } from "./terminal.ts";

interface OfProxy {
  readonly name: string;
  readonly mesh: string;
  readonly impact: ClassImpact;
}

export function classesText({ name, mesh, impact }: OfProxy, { outStyles }: Terminal): string {
  const { strong, good, bad, faint } = outStyles;
  const { revocation, isWritten, denied, allowed } = impact;
  const from = isWritten ? "as a policy says" : "where neither control plane nor sidecar is set otherwise";
  const lines = [
    `${strong(printable(name))} in mesh ${printable(mesh)}: revocation ${formatRevocation(revocation)}, ${from}`,
  ];
  if (denied.length === 0) lines.push(`  ${good("nothing is newly denied: all open connections stay")}`);
  else lines.push(`  ${bad("newly denied")}`);
  for (const fates of denied) {
    lines.push(`    ${printable(renderClass(fates.of))}`);
    lines.push(faint(`      such as ${printable(formatConnection(fates.of.witness))}`));
    lines.push(...renderFates(fates, revocation).map((line) => `      ${line}`));
  }
  if (allowed.length > 0) lines.push(`  ${good("newly allowed")}`);
  for (const one of allowed) lines.push(`    ${printable(renderClass(one))}`);
  return lines.map((line) => `${line}\n`).join("");
}

const TITLES: Readonly<Record<FateView["fate"], string>> = {
  cut: "are cut",
  drains: "have a time to end, then they are cut",
  kept: "are denied, and go on until they end by themselves",
  "decided later": "stay: HTTP without a request under way; each request is decided when it comes",
  stays: "stay",
};

export function liveText(view: LiveImpactView, { outStyles }: Terminal): string {
  const { strong, faint } = outStyles;
  const { mesh, workload, revocation, revocationFrom, total, counts, connections } = view;
  const from = revocationFrom === "policy" ? "as a policy says" : "as the sidecar is set";
  const title = `${workload} in mesh ${mesh}`;
  const lines = [`${strong(printable(title))}: ${total} connections are open; revocation ${revocation}, ${from}`];
  for (const [fate, count] of Object.entries(counts)) {
    if (count === 0) continue;
    const listed = connections.filter((one) => one.fate === fate);
    const [first] = listed;
    if (first === undefined) {
      lines.push(`  ${count} ${fate}`);
      continue;
    }
    lines.push(`  ${count} ${TITLES[first.fate]}`);
    for (const one of listed) {
      lines.push(
        `    ${printable(nameOf(one))} ${faint(`from ${one.peer}`)}${one.seconds === undefined ? "" : `, ${one.seconds} s`}`,
      );
      lines.push(...one.reason.map((line) => faint(`      ${printable(line)}`)));
    }
    if (listed.length < count) lines.push(`    and ${count - listed.length} more`);
  }
  return lines.map((line) => `${line}\n`).join("");
}

const nameOf = ({ denied, connections, destination, kind }: FateView): string =>
  denied ?? connections[0] ?? `${kind} ${destination ?? "to nobody knows where"}`;
