import { type Handlers, openChannel } from "./channel.ts";
import { destinationServer } from "./destination-server.ts";
import { entryCommand } from "./entry.ts";
import type { Namespace } from "./namespaces.ts";
import { readCounts, refuse, resetCounts, startCounting } from "./packet-counts.ts";
import type { Behaviour, ConnectionRecord, Endpoint, PacketCount } from "./record.ts";

/** What the process in `world` can be asked. */
export type DestinationsProtocol = {
  listen: { args: { port: number; ip?: string; behaviour: Behaviour }[]; result: null };
  records: { args: null; result: ConnectionRecord[] };
  forget: { args: null; result: null };
};

/** Servers on every address of `world`, and what reached them. */
export interface Destinations {
  /** Serves the ports, on all addresses. Default behaviour: `detect`. A port may be given again to change it. */
  listen(ports: readonly number[], behaviour?: Behaviour): Promise<void>;
  /** The same at single addresses, which then differ from the others of their port. */
  at(places: readonly Endpoint[], behaviour: Behaviour): Promise<void>;
  /** Connections that were made, or had a request, since the last `reset`; those still open too. */
  records(): Promise<ConnectionRecord[]>;
  /** Packets since the last `reset`, per destination: zero for one that is not listed, whether served or not. */
  packets(): Promise<PacketCount[]>;
  /** Forgets records and counts; ports and behaviours stay. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export async function startDestinations(world: Namespace): Promise<Destinations> {
  await startCounting(world);
  const running = world.spawn(entryCommand("destinations"), { stdio: ["pipe", "pipe", "inherit"] });
  const channel = openChannel<DestinationsProtocol>("process of the destinations", running);
  return {
    listen: async (ports, behaviour = { kind: "detect" }) => {
      await channel.call(
        "listen",
        ports.map((port) => ({ port, behaviour })),
      );
    },
    at: async (places, behaviour) => {
      await channel.call(
        "listen",
        places.map((place) => ({ ...place, behaviour })),
      );
      await refuse(world, places, behaviour.kind === "dead");
    },
    records: () => channel.call("records", null),
    packets: () => readCounts(world),
    reset: async () => {
      await Promise.all([channel.call("forget", null), resetCounts(world)]);
    },
    close: () => channel.close(),
  };
}

/** The other side: runs in `world`. */
export function destinationsHandlers(): Handlers<DestinationsProtocol> {
  const server = destinationServer();
  return {
    listen: async (ports) => {
      for (const { port, behaviour, ip } of ports) await server.listen(port, behaviour, ip);
      return null;
    },
    records: () => server.records(),
    forget: () => {
      server.forget();
      return null;
    },
  };
}
