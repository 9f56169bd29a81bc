import { formatIp, type IpAddress } from "../../policy/net/index.ts";
import type { Table } from "../table/index.ts";
import { type RedirectSets, SET_NAMES, SET_TYPES, type SetName } from "./sets.ts";

/** The table that holds everything; nothing else on the host is touched. */
export const NFT_TABLE = "inet sallyport";

/** By what the kernel tells the proxy's own connections: its user, or a mark that the workload cannot set. */
export type ProxyIdentity = { readonly uid: number } | { readonly mark: number };

/** How outgoing connections of one network namespace are redirected. */
export interface RedirectSettings {
  readonly outboundPort: number;
  readonly rawPort: number;
  readonly identity: ProxyIdentity;
  /** TCP/53 to these is left alone, as UDP/53 is. */
  readonly resolvers: readonly IpAddress[];
  /** In `All` nothing is refused; otherwise UDP/443 is, so that clients fall back to TCP. */
  readonly mode: Table["mode"];
  /** `refuse`: the proxy has no IPv6 (`ipFamilyMode: IPv4`), so IPv6 to the outside is refused. */
  readonly ipv6: "redirect" | "refuse";
}

/** Elements one transaction may carry: in an unprivileged user namespace 4,000 IPv6 blocks overflow the socket's buffer. */
const BATCH = 2_000;

/**
 * The whole redirection as transactions for `nft -f -`, to be run in order. The first replaces the table in one step,
 * so that no connection slips through; if there are more, addresses of the later ones are inspected for a moment.
 */
export function compileRedirect(settings: RedirectSettings, sets: RedirectSets): readonly string[] {
  const [first = [], ...rest] = batches(sets);
  const lines = [
    `table ${NFT_TABLE} {}`,
    `delete table ${NFT_TABLE}`,
    `table ${NFT_TABLE} {`,
    ...SET_NAMES.map((name) => `  set ${name} { type ${SET_TYPES[name]}; flags interval; }`),
    "",
    "  chain own {",
    "    type filter hook output priority -300; policy accept;",
    ...own(settings).map((line) => `    ${line}`),
    "  }",
    "",
    "  chain guard {",
    "    type filter hook output priority -150; policy accept;",
    ...guard(settings).map((line) => `    ${line}`),
    "  }",
    "",
    "  chain outbound {",
    "    type nat hook output priority -100; policy accept;",
    ...redirect(settings).map((line) => `    ${line}`),
    "  }",
    "",
    "  chain astray {",
    "    type filter hook output priority 0; policy accept;",
    ...astray(settings).map((line) => `    ${line}`),
    "  }",
    "}",
  ];
  return [text([...lines, ...first]), ...rest.map(text)];
}

/** Transactions that add elements to the sets of a table that is in force. */
export const addElements = (added: RedirectSets): readonly string[] => batches(added).map(text);

/** The transaction that ends the redirection, in force or not. */
export const removeRedirect = (): string => text([`table ${NFT_TABLE} {}`, `delete table ${NFT_TABLE}`]);

/**
 * The proxy's connections are remembered apart from the workload's. A connection that was reset is remembered for a
 * while; a later one with its ports and destination would go where it went, past these rules: the proxy's into the
 * proxy itself, the workload's straight out.
 */
const own = ({ identity }: RedirectSettings): string[] => [`${isProxy(identity)} ct original zone set ${OWN_ZONE}`];

const OWN_ZONE = 1;

/** Before addresses are rewritten: what may not be sent at all. */
function guard({ identity, outboundPort, rawPort, mode, ipv6 }: RedirectSettings): string[] {
  const others = isNotProxy(identity);
  return [
    // To the proxy itself: it would send the connection to itself until it dies.
    `${others} fib daddr type local tcp dport { ${outboundPort}, ${rawPort} } reject with tcp reset`,
    ...(mode === "All" ? [] : [`${others} ct direction original fib daddr type != local udp dport 443 reject`]),
    ...(ipv6 === "redirect" ? [] : refuseIpv6(others)),
  ];
}

/** New IPv6 to the outside; answers to others, neighbour discovery and the own link stay. */
function refuseIpv6(others: string): string[] {
  const outside = `${others} meta nfproto ipv6 ct direction original fib daddr type != { local, multicast } ip6 daddr != fe80::/10`;
  return [
    `${outside} meta l4proto tcp reject with tcp reset`,
    `${outside} icmpv6 type != { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } reject with icmpx admin-prohibited`,
    `${outside} meta l4proto != { tcp, ipv6-icmp } reject with icmpx admin-prohibited`,
  ];
}

function redirect({ identity, outboundPort, rawPort, resolvers }: RedirectSettings): string[] {
  return [
    `${isProxy(identity)} return`,
    "fib daddr type local return",
    ...resolvers.map((ip) => `${ip.family === 4 ? "ip" : "ip6"} daddr ${formatIp(ip)} tcp dport 53 return`),
    `ip daddr . tcp dport @raw4 redirect to :${rawPort}`,
    `meta l4proto tcp ip daddr @raw4any redirect to :${rawPort}`,
    `ip6 daddr . tcp dport @raw6 redirect to :${rawPort}`,
    `meta l4proto tcp ip6 daddr @raw6any redirect to :${rawPort}`,
    `meta l4proto tcp redirect to :${outboundPort}`,
  ];
}

/**
 * After addresses were rewritten: a new connection that still goes outside. While one table takes the place of another
 * a packet may meet neither's redirection; dropped, it is sent again a second later and meets the new one.
 */
function astray({ identity, resolvers }: RedirectSettings): string[] {
  const isNew = "tcp flags & (syn | ack) == syn";
  return [
    `${isNew} ${isProxy(identity)} return`,
    ...resolvers.map((ip) => `${isNew} ${ip.family === 4 ? "ip" : "ip6"} daddr ${formatIp(ip)} tcp dport 53 return`),
    `${isNew} fib daddr type != local drop`,
  ];
}

const isProxy = (identity: ProxyIdentity): string =>
  "uid" in identity ? `meta skuid ${identity.uid}` : `meta mark ${identity.mark}`;

const isNotProxy = (identity: ProxyIdentity): string =>
  "uid" in identity ? `meta skuid != ${identity.uid}` : `meta mark != ${identity.mark}`;

/** `add element` lines, in lists of at most {@link BATCH} elements. */
function batches(sets: RedirectSets): string[][] {
  const out: string[][] = [];
  let room = 0;
  for (const name of SET_NAMES) {
    for (let from = 0; from < sets[name].length; ) {
      if (room === 0) {
        out.push([]);
        room = BATCH;
      }
      const part = sets[name].slice(from, from + room);
      out.at(-1)?.push(element(name, part));
      from += part.length;
      room -= part.length;
    }
  }
  return out;
}

const element = (name: SetName, elements: readonly string[]): string =>
  `add element ${NFT_TABLE} ${name} { ${elements.join(", ")} }`;

const text = (lines: readonly string[]): string => `${lines.join("\n")}\n`;
