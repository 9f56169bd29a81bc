import type { Cidr } from "../../policy/net/index.ts";
import { blocksByLevel, mergeBlocks } from "./blocks.ts";
import { NO_NAMES, namesByLevel, patternsOf } from "./names.ts";
import {
  ANY_PORT,
  type ByLevel,
  HTTP_LEVELS,
  type HttpRules,
  type NameSet,
  type PortBlocks,
  type PortKey,
  type Table,
} from "./table.ts";

/** All that decides a request on one port: rules of the port and of any port, and what `tcp` rules admit there. */
export interface HttpView {
  readonly names: ByLevel<NameSet>;
  /** `http` also holds the blocks of `tcp` rules: what began on the HTTP side profits from a later `tcp` rule. */
  readonly blocks: ByLevel<readonly Cidr[]>;
}

/**
 * The view of a port, named by rules or not; {@link ANY_PORT} gives that of every port that no rule names.
 * Meant for mode `Matched`: in the others there are no rules, and the mode decides.
 */
export function httpView(table: Table, port: PortKey): HttpView {
  const http = ofPort(table.http, port);
  const tcp = ofPort<PortBlocks>(table.tcp, port).flatMap(({ blocks }) => blocks);
  return { names: joinNames(http), blocks: joinBlocks(http, tcp) };
}

/** All of a table that its view of a port is made from. */
export const rulesOfPort = (table: Table, port: PortKey): readonly (HttpRules | PortBlocks)[] => [
  ...ofPort(table.http, port),
  ...ofPort(table.tcp, port),
];

/** The entries that apply to a port: its own and those of any port. */
function ofPort<T extends { readonly port: PortKey }>(entries: readonly T[], port: PortKey): readonly T[] {
  return entries.filter((entry) => entry.port === port || entry.port === ANY_PORT);
}

function joinNames(rules: readonly HttpRules[]): ByLevel<NameSet> {
  const [only, second] = rules;
  if (only === undefined) return { http: NO_NAMES, http2: NO_NAMES, grpc: NO_NAMES };
  if (second === undefined) return only.names;
  return namesByLevel(
    rules.flatMap(({ names }) =>
      HTTP_LEVELS.flatMap((level) => patternsOf(names[level]).map((pattern) => ({ pattern, level }))),
    ),
  );
}

function joinBlocks(rules: readonly HttpRules[], tcp: readonly Cidr[]): ByLevel<readonly Cidr[]> {
  const [only, second] = rules;
  if (only === undefined) return { http: mergeBlocks(tcp), http2: [], grpc: [] };
  if (second === undefined && tcp.length === 0) return only.blocks;
  return blocksByLevel([
    ...tcp.map((block) => ({ block, level: "http" as const })),
    ...rules.flatMap(({ blocks }) => HTTP_LEVELS.flatMap((level) => blocks[level].map((block) => ({ block, level })))),
  ]);
}
