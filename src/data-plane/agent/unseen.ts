import { type TcpSocket, tupleKey } from "../sockets/index.ts";
import type { RevocationSettings } from "./cut-doomed.ts";

/** Sockets that no record explains: of an earlier agent's time, or their record was lost. */
export interface Unseen {
  sockets(): Iterable<TcpSocket>;
  /** An earlier agent's Envoy was taken over: whatever is open, and is not known. */
  adopt(): void;
  /** Records are found missing. True if a change of late may have overlooked what they told of. */
  missing(): boolean;
  /** A change takes something away. */
  less(): void;
  /** Forget what the kernel no longer has, connections that are known included, if they began before `startedBefore`. */
  tidy(startedBefore: number): void;
}

/** That records are lost is known some seconds later, and nobody says when it is over. */
const BLIND_MS = 30_000;

export function unseenSockets({ connections, cutter, ports }: RevocationSettings): Unseen {
  let unseen = new Map<string, TcpSocket>();
  let [missingAt, lessAt] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const open = () => new Map(cutter.open(ports()).map((socket) => [tupleKey(socket), socket]));
  const unknown = () => [...open()].filter(([, socket]) => !connections.knows(socket));
  const take = () => {
    unseen = new Map([...unseen, ...unknown()]);
  };
  return {
    sockets: () => unseen.values(),
    adopt() {
      connections.retain(new Set(open().keys()), Number.POSITIVE_INFINITY);
      unseen = new Map(unknown());
    },
    missing() {
      missingAt = performance.now();
      take();
      return missingAt < lessAt + BLIND_MS;
    },
    less() {
      lessAt = performance.now();
      if (lessAt < missingAt + BLIND_MS) take();
    },
    tidy(startedBefore) {
      const now = open();
      connections.retain(new Set(now.keys()), startedBefore);
      unseen = new Map([...unseen].filter(([key, { cookie }]) => now.get(key)?.cookie === cookie));
    },
  };
}
