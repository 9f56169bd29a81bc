import type { Namespace } from "./namespaces.ts";
import type { Endpoint, PacketCount } from "./record.ts";

// Counted where packets come out of the cable, before anything answers or drops them.
const TABLE = "inet sallyport_testbed";
const KINDS = [
  {
    set: "tcp4",
    key: "ipv4_addr",
    protocol: "tcp",
    rule: "tcp flags & (syn | ack) == syn",
    by: "ip daddr . tcp dport",
  },
  {
    set: "tcp6",
    key: "ipv6_addr",
    protocol: "tcp",
    rule: "tcp flags & (syn | ack) == syn",
    by: "ip6 daddr . tcp dport",
  },
  { set: "udp4", key: "ipv4_addr", protocol: "udp", rule: "meta l4proto udp", by: "ip daddr . udp dport" },
  { set: "udp6", key: "ipv6_addr", protocol: "udp", rule: "meta l4proto udp", by: "ip6 daddr . udp dport" },
] as const;

const RULESET = `table ${TABLE} {
${KINDS.map(({ set, key }) => `  set ${set} { type ${key} . inet_service; size 65535; flags dynamic; counter; }`).join("\n")}
  chain count {
    type filter hook prerouting priority -300; policy accept;
${KINDS.map(({ set, rule, by }) => `    iifname "eth0" ${rule} update @${set} { ${by} }`).join("\n")}
  }
  set dead4 { type ipv4_addr . inet_service; }
  set dead6 { type ipv6_addr . inet_service; }
  chain refuse {
    type filter hook input priority 0; policy accept;
    ip daddr . tcp dport @dead4 reject with tcp reset
    ip6 daddr . tcp dport @dead6 reject with tcp reset
  }
}
`;

export async function startCounting(world: Namespace): Promise<void> {
  await nft(world, ["-f", "-"], RULESET);
}

export async function resetCounts(world: Namespace): Promise<void> {
  await nft(world, ["-f", "-"], KINDS.map(({ set }) => `flush set ${TABLE} ${set}\n`).join(""));
}

/** Makes places answer as if nothing listened there, or undoes that. */
export async function refuse(world: Namespace, places: readonly Endpoint[], dead: boolean): Promise<void> {
  const commands = places.flatMap(({ ip, port }) => {
    const element = `element ${TABLE} ${ip.includes(":") ? "dead6" : "dead4"} { ${ip} . ${port} }`;
    return [`add ${element}\n`, dead ? "" : `delete ${element}\n`]; // `delete` fails for what is not there
  });
  if (commands.length > 0) await nft(world, ["-f", "-"], commands.join(""));
}

/** All destinations that anything was sent to since the last reset. */
export async function readCounts(world: Namespace): Promise<PacketCount[]> {
  const listed = await Promise.all(
    KINDS.map(async ({ set, protocol }) => {
      const elements = elementsOf(JSON.parse(await nft(world, ["-j", "list", "set", ...TABLE.split(" "), set])));
      return elements.map(({ elem: { val, counter } }) => {
        const [ip, port] = val.concat;
        return { protocol, ip, port, packets: counter.packets };
      });
    }),
  );
  return listed.flat();
}

/** An element as nft's JSON has it. */
interface Element {
  readonly elem: {
    readonly val: { readonly concat: [ip: string, port: number] };
    readonly counter: { readonly packets: number };
  };
}

interface Listing {
  readonly nftables: readonly { readonly set?: { readonly elem?: readonly Element[] } }[];
}

const elementsOf = (listing: Listing): readonly Element[] => listing.nftables.flatMap(({ set }) => set?.elem ?? []);

async function nft(world: Namespace, args: readonly string[], input = ""): Promise<string> {
  const done = await world.run(["nft", ...args], { input });
  if (done.code !== 0) throw new Error(`nft in the testbed's world: ${done.stderr.trim()}`);
  return done.stdout;
}
