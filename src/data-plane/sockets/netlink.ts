import { constants } from "node:os";
import koffi from "koffi";
import { HostError } from "../host/index.ts";

/** A netlink socket of the current network namespace. Calls block, for two seconds at most: the kernel answers at once. */
export interface Netlink {
  /** Throws a HostError that names the errno. */
  send(message: Buffer): void;
  /** One datagram; valid until the next call. Throws a HostError that names the errno. */
  receive(): Buffer;
  close(): void;
}

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVTIMEO = 20;
const SO_RCVBUFFORCE = 33;
const RECEIVE_BYTES = 4 << 20;
const ANSWER_WITHIN_S = 2n;

/** `protocol` is a NETLINK_* number, `purpose` ends the sentence "cannot ask the kernel about …". */
export function openNetlink(protocol: number, purpose: string): Netlink {
  const c = libc();
  const failed = () => new HostError(`cannot ask the kernel about ${purpose}: ${errnoName(koffi.errno())}`);
  const fd = c.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  if (fd < 0) throw failed();
  const size = Buffer.alloc(4);
  size.writeInt32LE(RECEIVE_BYTES);
  // the first needs a privilege, the second is limited by net.core.rmem_max; a dump gets by with either
  if (c.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, size, 4) !== 0) c.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, size, 4);
  const wait = Buffer.alloc(16);
  wait.writeBigInt64LE(ANSWER_WITHIN_S);
  c.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, wait, 16);
  const incoming = Buffer.alloc(1 << 17);
  return {
    send(message) {
      if (c.send(fd, message, message.length, 0) !== message.length) throw failed();
    },
    receive() {
      const bytes = c.recv(fd, incoming, incoming.length, 0);
      if (bytes <= 0) throw failed();
      return incoming.subarray(0, bytes);
    },
    close: () => void c.close(fd),
  };
}

/** Untyped by koffi; the signatures here are those in the strings. */
interface Libc {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly send: (fd: number, data: Buffer, bytes: number, flags: number) => number;
  readonly recv: (fd: number, data: Buffer, bytes: number, flags: number) => number;
  readonly close: (fd: number) => number;
  readonly setsockopt: (fd: number, level: number, name: number, value: Buffer, bytes: number) => number;
}

let loaded: Libc | undefined;
function libc(): Libc {
  if (loaded === undefined) {
    const library = koffi.load(null); // the running process: whichever C library it has
    loaded = {
      socket: library.func("int socket(int, int, int)"),
      send: library.func("long send(int, const void *, size_t, int)"),
      recv: library.func("long recv(int, void *, size_t, int)"),
      close: library.func("int close(int)"),
      setsockopt: library.func("int setsockopt(int, int, int, const void *, int)"),
    };
  }
  return loaded;
}

/** `EPERM` for 1, and so on. */
export function errnoName(errno: number): string {
  return Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? `error ${errno}`;
}
