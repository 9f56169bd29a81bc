/** A kernel with sockets that are cut when they are told to be, for tests of what revocation does. */
import type { RevocationSettings } from "../../src/data-plane/agent/cut-doomed.ts";
import {
  type Endpoint,
  endpointOf,
  type TcpPair,
  type TcpSocket,
  tupleKey,
} from "../../src/data-plane/sockets/index.ts";

export function endpoint(text: string): Endpoint {
  const found = endpointOf(text);
  if (found === undefined) throw new Error(text);
  return found;
}

interface Kernel extends Pick<RevocationSettings, "cutter" | "conntrack"> {
  /** By their ends. */
  readonly sockets: Map<string, { readonly socket: TcpSocket; readonly destination: Endpoint }>;
  /** Each with a cookie of its own, also where it takes the ends of another. */
  opens(pair: TcpPair, destination: Endpoint): void;
}

export function kernel(): Kernel {
  const sockets: Kernel["sockets"] = new Map();
  let cookie = 0n;
  return {
    sockets,
    opens: (pair, destination) =>
      void sockets.set(tupleKey(pair), { socket: { ...pair, cookie: ++cookie, uid: 0 }, destination }),
    cutter: {
      open: () => [...sockets.values()].map(({ socket }) => socket),
      cut: async (doomed) => {
        for (const one of doomed) sockets.delete(tupleKey(one));
        return doomed.map(() => ({ kind: "cut" }));
      },
      close() {},
    },
    conntrack: { originalDestination: (pair) => sockets.get(tupleKey(pair))?.destination, forget() {}, close() {} },
  };
}
