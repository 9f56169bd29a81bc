import { type ConnectionText, formatConnection, formatPolicyRef } from "../model/index.ts";
import { formatIp } from "../net/index.ts";
import { renderReasons, renderRule, renderVerdict } from "./render-verdict.ts";
import type { Why } from "./why.ts";

/** More rules than a person reads are counted, not listed. */
const MAX_LISTED = 10;

/** The answer as lines of plain text without line ends; the first says what was asked. */
export function renderWhy(connection: ConnectionText, answer: Why): string[] {
  const asked = formatConnection(connection);
  if (!answer.addressMatters) {
    const everywhere = connection.destination.ip === undefined ? " (whatever its address)" : "";
    return [`${asked}${everywhere}`, ...renderVerdict(answer.because)];
  }
  const listed = answer.admitting
    .slice(0, MAX_LISTED)
    .map(({ source, value }) => `  allowed there: rule ${formatPolicyRef(source)} (${renderRule(value)})`);
  const more = answer.admitting.length - listed.length;
  if (more > 0) listed.push(`  and ${more} more rules`);
  if (answer.verdict === "allow")
    return [`${asked} (whatever its address)`, "allowed: rules cover every address", ...listed];
  const { ip, because } = answer.elsewhere;
  const elsewhere = renderReasons(because).map((line) => `  ${line}`);
  return [
    asked,
    "depends on its address",
    ...listed,
    `  denied elsewhere, as at ${formatIp(ip)}:`,
    ...elsewhere.map((line) => `  ${line}`),
  ];
}
