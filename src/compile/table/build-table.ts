import { type EffectivePolicy, isL7, type L7Protocol, type Rule } from "../../policy/model/index.ts";
import { type Cidr, type DomainPattern, hostCidr } from "../../policy/net/index.ts";
import { blocksByLevel, mergeBlocks } from "./blocks.ts";
import { isEmptyNameSet, nameSet, namesByLevel } from "./names.ts";
import { ANY_PORT, type HttpRules, type PortBlocks, type PortKey, type PortNames, type Table } from "./table.ts";

/** What is collected for one port before it is normalised. */
interface Collected {
  readonly tcp: Cidr[];
  readonly tlsBlocks: Cidr[];
  readonly tlsNames: DomainPattern[];
  readonly httpBlocks: { readonly block: Cidr; readonly level: L7Protocol }[];
  readonly httpNames: { readonly pattern: DomainPattern; readonly level: L7Protocol }[];
}

const NO_RULES = { tcp: [], tlsBlocks: [], tlsNames: [], http: [] } as const;

/** Index an effective policy. Total; the cost is that of sorting the rules. */
export function buildTable(policy: Pick<EffectivePolicy, "enforced" | "mode" | "rules">): Table {
  if (policy.enforced !== true) return { mode: "All", ...NO_RULES };
  const mode = policy.mode.value;
  if (mode !== "Matched") return { mode, ...NO_RULES };
  const ports = new Map<PortKey, Collected>();
  for (const { value } of policy.rules) collect(ports, value);
  const sorted = [...ports].sort(([a], [b]) => comparePortKey(a, b));
  const table: Table = {
    mode,
    tcp: sorted.flatMap(([port, c]) => portBlocks(port, c.tcp)),
    tlsBlocks: sorted.flatMap(([port, c]) => portBlocks(port, c.tlsBlocks)),
    tlsNames: sorted.flatMap(([port, c]) => portNames(port, c.tlsNames)),
    http: sorted.flatMap(([port, c]) => httpRules(port, c)),
  };
  const admitsNothing = [table.tcp, table.tlsBlocks, table.tlsNames, table.http].every((part) => part.length === 0);
  return admitsNothing ? { mode: "None", ...NO_RULES } : table;
}

/** Ascending; {@link ANY_PORT} last. */
export function comparePortKey(a: PortKey, b: PortKey): number {
  return (a === ANY_PORT ? 65_536 : a) - (b === ANY_PORT ? 65_536 : b);
}

function collect(ports: Map<PortKey, Collected>, rule: Rule): void {
  const port = rule.port ?? ANY_PORT;
  let into = ports.get(port);
  if (into === undefined) {
    into = { tcp: [], tlsBlocks: [], tlsNames: [], httpBlocks: [], httpNames: [] };
    ports.set(port, into);
  }
  const { match, protocol } = rule;
  if (match.type === "Domain") {
    if (isL7(protocol)) into.httpNames.push({ pattern: match.pattern, level: protocol });
    else if (protocol === "tls") into.tlsNames.push(match.pattern);
    // `tcp` sees no names: validation refuses such a rule, and it admits nothing.
    return;
  }
  const block = match.type === "IP" ? hostCidr(match.ip) : match.block;
  if (isL7(protocol)) into.httpBlocks.push({ block, level: protocol });
  else into[protocol === "tcp" ? "tcp" : "tlsBlocks"].push(block);
}

function portBlocks(port: PortKey, blocks: readonly Cidr[]): PortBlocks[] {
  return blocks.length === 0 ? [] : [{ port, blocks: mergeBlocks(blocks) }];
}

function portNames(port: PortKey, patterns: readonly DomainPattern[]): PortNames[] {
  const names = nameSet(patterns);
  return isEmptyNameSet(names) ? [] : [{ port, names }];
}

function httpRules(port: PortKey, { httpBlocks, httpNames }: Collected): HttpRules[] {
  if (httpBlocks.length === 0 && httpNames.length === 0) return [];
  return [{ port, names: namesByLevel(httpNames), blocks: blocksByLevel(httpBlocks) }];
}
