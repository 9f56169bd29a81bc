import { constants } from "node:os";
import { HostError } from "../host/index.ts";
import { destroyRequest, dumpRequest, type Family, parseReplies } from "./inet-diag.ts";
import { errnoName, type Netlink, openNetlink } from "./netlink.ts";
import type { TcpPair, TcpSocket } from "./tcp-socket.ts";

/**
 * `gone`: there was no such socket any more. `refused`: why, as the kernel names errors: `EPERM` without CAP_NET_ADMIN
 * over the network namespace, `EOPNOTSUPP` in a kernel without INET_DIAG_DESTROY.
 */
export type DestroyOutcome =
  | { readonly kind: "destroyed" }
  | { readonly kind: "gone" }
  | { readonly kind: "refused"; readonly error: string };

/** One socket; without a cookie, whichever has these addresses now. */
export type SocketToDestroy = TcpPair & { readonly cookie?: bigint };

export interface SockDiag {
  /** Open TCP sockets of both families that are bound to `port`, listening ones left out. Throws a HostError. */
  dump(port: number): TcpSocket[];
  /** Destroy sockets: one outcome for each, in order. Throws a HostError when the kernel does not answer. */
  destroy(sockets: readonly SocketToDestroy[]): DestroyOutcome[];
  close(): void;
}

const NETLINK_SOCK_DIAG = 4;
/** Requests in one send: their answers fit the receive buffer many times over. */
const BATCH = 64;
const DUMP_ATTEMPTS = 5;

/** Ask about, and destroy, sockets of the current network namespace. Throws a HostError where the kernel cannot. */
export function openSockDiag(): SockDiag {
  const netlink = openNetlink(NETLINK_SOCK_DIAG, "sockets (NETLINK_SOCK_DIAG)");
  let sequence = 0;
  const dump = (family: Family, port: number): TcpSocket[] => {
    for (let attempt = 1; attempt <= DUMP_ATTEMPTS; attempt++) {
      const found = dumpOnce(netlink, ++sequence, family, port);
      if (found !== undefined) return found;
    }
    throw new HostError(`cannot list sockets: the kernel's table changed during each of ${DUMP_ATTEMPTS} attempts`);
  };
  return {
    dump: (port) => [...dump(4, port), ...dump(6, port)],
    destroy(sockets) {
      const outcomes: DestroyOutcome[] = [];
      for (let at = 0; at < sockets.length; at += BATCH) {
        const batch = sockets.slice(at, at + BATCH);
        outcomes.push(...destroyBatch(netlink, sequence + 1, batch));
        sequence += batch.length;
      }
      return outcomes;
    },
    close: () => netlink.close(),
  };
}

/** Undefined: the kernel's table changed meanwhile, so some may be missing. */
function dumpOnce(netlink: Netlink, sequence: number, family: Family, port: number): TcpSocket[] | undefined {
  netlink.send(dumpRequest(sequence, family, port));
  const found: TcpSocket[] = [];
  for (let isWhole = true; ; ) {
    for (const reply of parseReplies(netlink.receive())) {
      if (reply.sequence !== sequence) continue; // of an earlier question that was given up
      if (reply.kind === "socket") found.push(reply.socket);
      else if (reply.kind === "interrupted") isWhole = false;
      else if (reply.kind === "done") return isWhole ? found : undefined;
      else throw new HostError(`cannot list sockets: ${errnoName(reply.errno)}`);
    }
  }
}

function destroyBatch(netlink: Netlink, first: number, batch: readonly SocketToDestroy[]): DestroyOutcome[] {
  netlink.send(Buffer.concat(batch.map((socket, i) => destroyRequest(first + i, socket, socket.cookie))));
  const outcomes = new Map<number, DestroyOutcome>();
  while (outcomes.size < batch.length)
    for (const reply of parseReplies(netlink.receive())) {
      const index = reply.sequence - first;
      if (reply.kind === "error" && index >= 0 && index < batch.length) outcomes.set(index, outcomeOf(reply.errno));
    }
  return batch.map((_, i) => outcomes.get(i) ?? { kind: "gone" });
}

function outcomeOf(errno: number): DestroyOutcome {
  if (errno === 0) return { kind: "destroyed" };
  if (errno === constants.errno.ENOENT) return { kind: "gone" };
  return { kind: "refused", error: errnoName(errno) };
}
