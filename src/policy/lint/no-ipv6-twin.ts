import { quote } from "../diagnostics/index.ts";
import { parseRule, type Rule } from "../model/index.ts";
import { hasPublicAddress } from "./addresses.ts";
import type { Finding, Lint, LintContext } from "./context.ts";
import { append } from "./multimap.ts";
import { type PolicyAt, rulePath } from "./policy-at.ts";
import { listWords } from "./rule-words.ts";

/**
 * An IPv4 rule without a counterpart for IPv6, where its author thought of both: all of IPv4 but not all of IPv6, or a
 * port and protocol with IPv4 rules only, in a policy with both families on another.
 */
export const noIpv6Twin: Lint = {
  code: "L410-no-ipv6-twin",
  *find(context, at) {
    if (isIpv4Only(context, at)) return;
    const groups = [...byPortAndProtocol(at).values()];
    const thoughtOfBoth = groups.some((group) => has(group, 4) && has(group, 6));
    for (const group of groups) {
      if (has(group, 6)) continue;
      const [all] = byWritten(group.filter(([, { match }]) => match.type === "CIDR" && match.block.prefix === 0));
      if (all !== undefined) {
        if (!admitsAllOfIpv6(context, at, ...all)) yield ofAll(at, ...all);
      } else if (thoughtOfBoth) yield* ofSome(at, group);
    }
  },
};

function ofAll(at: PolicyAt, index: number, rule: Rule): Finding {
  return {
    at,
    path: rulePath(index, "value"),
    message: `${quote(rule.written.value)} admits all of IPv4, and no rule admits all of IPv6: a client that tries IPv6 first is denied`,
    help: "add the same rule with `::/0`",
  };
}

/** One finding for a port and protocol, at the rule that comes first by what is written. */
function* ofSome(at: PolicyAt, group: Group): Generator<Finding> {
  const open = byWritten(group.filter(([, { match }]) => match.type !== "Domain" && hasPublicAddress(match)));
  const [first] = open;
  if (first === undefined) return;
  const [index, { port, protocol }] = first;
  const values = listWords(open.map(([, { written }]) => quote(written.value)));
  const where = `\`${protocol}\`, ${port === undefined ? "every port" : `port ${port}`}`;
  yield {
    at,
    path: rulePath(index, "value"),
    message: `${values} (${where}): no counterpart for IPv6, while elsewhere this policy has rules for both families`,
    help: "add the IPv6 addresses of the same destinations, if they have any",
  };
}

const byWritten = (group: Group): Group =>
  group.toSorted(([, a], [, b]) => compareText(a.written.value, b.written.value));
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

type Group = [index: number, rule: Rule][];

function byPortAndProtocol({ resource }: PolicyAt): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const [index, rule] of resource.rules.entries())
    if (rule.match.type !== "Domain") append(groups, `${rule.port ?? "any"} ${rule.protocol}`, [index, rule]);
  return groups;
}

const familyOf = ({ match }: Rule): 4 | 6 | undefined =>
  match.type === "Domain" ? undefined : match.type === "IP" ? match.ip.family : match.block.family;

const has = (group: Group, family: 4 | 6): boolean => group.some(([, rule]) => familyOf(rule) === family);

/** Of this policy or of another that selects the same proxies. */
function admitsAllOfIpv6({ visible }: LintContext, at: PolicyAt, index: number, rule: Rule): boolean {
  const { port, protocol } = rule.written;
  const twin = parseRule({ type: "CIDR", value: "::/0", protocol, ...(port === undefined ? {} : { port }) });
  return twin.ok && visible.coverageOf({ at, index, rule: twin.value }) !== undefined;
}

/** IPv6 to the outside is refused on every proxy that the policy selects: no rule could let it out. */
function isIpv4Only({ selectedBy }: LintContext, { resource }: PolicyAt): boolean {
  const proxies = selectedBy.get(resource) ?? [];
  return proxies.length > 0 && proxies.every(({ dataplane }) => dataplane.transparentProxying?.ipFamilyMode === "IPv4");
}
