import type { Matcher, Matcher_OnMatch } from "../../gen/xds/type/matcher/v3/matcher_pb.js";
import type { Port } from "../../policy/net/index.ts";
import { ANY_PORT, holdAtMost, type PortBlocks, type PortKey, type PortNames, type Table } from "../table/index.ts";
import {
  byServerName,
  byValue,
  elseGoTo,
  firstOf,
  hashedTo,
  inBlocks,
  layered,
  toChain,
  toMatcher,
} from "./matcher.ts";
import { BUCKETS, httpName, NAMES, passChain } from "./settings.ts";

/** So many addresses are no burden for one cluster, and the matcher that spreads them is larger than they are. */
const FEW_ADDRESSES = 512;

let bucket: Matcher_OnMatch | undefined;

/** To one of the buckets, by destination: every connection to an address meets the same cluster. */
function toBucket(): Matcher_OnMatch {
  bucket ??= byHash();
  return bucket;
}

function byHash(): Matcher_OnMatch {
  const buckets = Array.from({ length: BUCKETS - 1 }, (_, i) => BUCKETS - 1 - i);
  return toMatcher(
    firstOf(
      buckets.map((i) => [hashedTo(i, BUCKETS), toChain(passChain(i))]),
      toChain(passChain(0)),
    ),
  );
}

/**
 * Which chain takes a connection to `mp:out`. First the guard, in every mode: a connection to the proxy itself would
 * loop until it dies. Then `tcp`, which asks for nothing but the address; then TLS by address and name; plaintext
 * goes to the HTTP chain of its port, where each request is decided. What matches nothing is closed.
 */
export function outTree(table: Table, sharedHttpPorts: readonly Port[]): Matcher {
  const admit = toBucket();
  return guarded(table, admit, [...blockLayers(table.tcp, admit), ...transportLayer(table, admit, sharedHttpPorts)]);
}

/** Which chain takes a connection to `mp:raw`: the guard and `tcp`, nothing that needs bytes of the client. */
export function rawTree(table: Table): Matcher {
  const admit = toBucket();
  return guarded(table, admit, blockLayers(table.tcp, admit));
}

function guarded(table: Table, admit: Matcher_OnMatch, layers: readonly Matcher[]): Matcher {
  const guard = byValue("sourceType", [["local", toChain(NAMES.refuseLocal)]]);
  if (table.mode === "All") return elseGoTo(guard, admit);
  return layered([guard, ...layers]) ?? guard;
}

function transportLayer(table: Table, admit: Matcher_OnMatch, shared: readonly Port[]): Matcher[] {
  const tls = layered([...blockLayers(table.tlsBlocks, admit), ...nameLayers(table.tlsNames, admit)]);
  const plain = plaintext(table, shared);
  const entries: (readonly [string, Matcher_OnMatch])[] = [];
  if (plain !== undefined) entries.push(["raw_buffer", plain]);
  if (tls !== undefined) entries.push(["tls", toMatcher(tls)]);
  return entries.length === 0 ? [] : [byValue("transport", entries)];
}

/** What is not TLS goes to the HTTP chain of its port, also where it does not look like HTTP (yet). */
function plaintext(table: Table, shared: readonly Port[]): Matcher_OnMatch | undefined {
  const ports = table.http.map(({ port }) => port);
  const any = ports.includes(ANY_PORT) ? toChain(httpName(ANY_PORT)) : undefined;
  const single = ports.filter((port) => port !== ANY_PORT);
  if (single.length === 0) return any;
  const chainOf = (port: PortKey) => httpName(shared.some((guest) => guest === port) ? ANY_PORT : port);
  const tree = byPort(single.map((port) => [port, toChain(chainOf(port))]));
  return toMatcher(any === undefined ? tree : elseGoTo(tree, any));
}

const blockLayers = (entries: readonly PortBlocks[], admit: Matcher_OnMatch): Matcher[] =>
  portLayers(entries, ({ port, blocks }) => {
    const isFew = holdAtMost(blocks, FEW_ADDRESSES);
    return firstOf([[inBlocks(blocks), isFew ? toChain(passChain(bucketOfPort(port))) : admit]]);
  });

const bucketOfPort = (port: PortKey): number => (port === ANY_PORT ? 0 : port % BUCKETS);

const nameLayers = (entries: readonly PortNames[], admit: Matcher_OnMatch): Matcher[] =>
  portLayers(entries, ({ names }) => byServerName(names, admit));

/** At most two layers: that of the single ports, then that of any port. */
function portLayers<T extends { readonly port: PortKey }>(
  entries: readonly T[],
  build: (entry: T) => Matcher,
): Matcher[] {
  const single = entries.filter(({ port }) => port !== ANY_PORT);
  const any = entries.filter(({ port }) => port === ANY_PORT).map(build);
  return single.length === 0 ? any : [byPort(single.map((entry) => [entry.port, toMatcher(build(entry))])), ...any];
}

const byPort = (entries: readonly (readonly [PortKey, Matcher_OnMatch])[]): Matcher =>
  byValue(
    "port",
    entries.map(([port, onMatch]) => [`${port}`, onMatch]),
  );
