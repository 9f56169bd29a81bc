import type { Match, Rule } from "../../policy/model/index.ts";
import { formatCidr, formatDomainPattern, formatIp } from "../../policy/net/index.ts";

export type { Rule };

/** What a rule says, normalised: `tls Domain *.example.com 443`. Two rules with one text are the same permission. */
export const ruleText = ({ protocol, match, port }: Rule): string =>
  `${protocol} ${match.type} ${valueText(match)}${port === undefined ? "" : ` ${port}`}`;

function valueText(match: Match): string {
  if (match.type === "Domain") return formatDomainPattern(match.pattern);
  return match.type === "IP" ? formatIp(match.ip) : formatCidr(match.block);
}
