import { type IpAddress, ipFromBits, portFromNumber } from "../../policy/net/index.ts";
import type { Endpoint, TcpPair, TcpSocket } from "./tcp-socket.ts";

/**
 * Messages of NETLINK_SOCK_DIAG as bytes (linux/inet_diag.h, linux/netlink.h): numbers in the host's order, which is
 * little-endian wherever this runs; ports and addresses in network order.
 */

export const REQUEST_BYTES = 72; // nlmsghdr 16, inet_diag_req_v2 56
const HEADER_BYTES = 16;
const REPLY_BYTES = HEADER_BYTES + 72; // inet_diag_msg

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const SOCK_DIAG_BY_FAMILY = 20;
const SOCK_DESTROY = 21;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_DUMP = 0x300;

const AF_INET = 2;
const AF_INET6 = 10;
const IPPROTO_TCP = 6;
const ANY_STATE = 0xfff;
/** ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT: bytes can still flow in at least one direction. */
const OPEN_STATES = (1 << 1) | (1 << 4) | (1 << 5) | (1 << 8);
const NO_COOKIE = 0xffff_ffff_ffff_ffffn;

export type Family = 4 | 6;

/** Ask for the open sockets of a family that are bound to `port`. */
export function dumpRequest(sequence: number, family: Family, port: number): Buffer {
  const bytes = request(sequence, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, family);
  bytes.writeUInt32LE(OPEN_STATES, 20);
  bytes.writeUInt16BE(port, 24);
  return bytes;
}

/** Ask to destroy one socket, whatever its state; without a cookie, the one that has these addresses now. */
export function destroyRequest(sequence: number, { own, peer }: TcpPair, cookie: bigint = NO_COOKIE): Buffer {
  const bytes = request(sequence, SOCK_DESTROY, NLM_F_REQUEST | NLM_F_ACK, own.ip.family);
  bytes.writeUInt32LE(ANY_STATE, 20);
  bytes.writeUInt16BE(own.port, 24);
  bytes.writeUInt16BE(peer.port, 26);
  writeAddress(bytes, 28, own.ip);
  writeAddress(bytes, 44, peer.ip);
  bytes.writeBigUInt64LE(cookie, 64);
  return bytes;
}

function request(sequence: number, type: number, flags: number, family: Family): Buffer {
  const bytes = Buffer.alloc(REQUEST_BYTES);
  bytes.writeUInt32LE(REQUEST_BYTES, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(flags, 6);
  bytes.writeUInt32LE(sequence, 8);
  bytes[16] = family === 4 ? AF_INET : AF_INET6;
  bytes[17] = IPPROTO_TCP;
  return bytes;
}

export type Reply =
  | { readonly kind: "socket"; readonly sequence: number; readonly socket: TcpSocket }
  /** `errno` 0: it was done. */
  | { readonly kind: "error"; readonly sequence: number; readonly errno: number }
  | { readonly kind: "done"; readonly sequence: number }
  /** The table changed while it was read: entries may be missing. */
  | { readonly kind: "interrupted"; readonly sequence: number };

/** Take one datagram apart. What is too short to be read is left out. */
export function parseReplies(bytes: Buffer): Reply[] {
  const replies: Reply[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    if (length < HEADER_BYTES || at + length > bytes.length) break;
    replies.push(...parseReply(bytes.subarray(at, at + length)));
    at += (length + 3) & ~3;
  }
  return replies;
}

function parseReply(bytes: Buffer): Reply[] {
  const type = bytes.readUInt16LE(4);
  const sequence = bytes.readUInt32LE(8);
  const interrupted: Reply[] =
    (bytes.readUInt16LE(6) & NLM_F_DUMP_INTR) === 0 ? [] : [{ kind: "interrupted", sequence }];
  if (type === NLMSG_DONE) return [...interrupted, { kind: "done", sequence }];
  if (type === NLMSG_ERROR && bytes.length >= HEADER_BYTES + 4)
    return [{ kind: "error", sequence, errno: -bytes.readInt32LE(HEADER_BYTES) }];
  if (type !== SOCK_DIAG_BY_FAMILY || bytes.length < REPLY_BYTES) return interrupted;
  const socket = parseSocket(bytes.subarray(HEADER_BYTES));
  return socket === undefined ? interrupted : [...interrupted, { kind: "socket", sequence, socket }];
}

function parseSocket(bytes: Buffer): TcpSocket | undefined {
  const family = bytes[0] === AF_INET ? 4 : 6;
  const own = endpoint(bytes, family, 8, 4);
  const peer = endpoint(bytes, family, 24, 6);
  if (own === undefined || peer === undefined) return undefined;
  return { own, peer, cookie: bytes.readBigUInt64LE(44), uid: bytes.readUInt32LE(64) };
}

function endpoint(bytes: Buffer, family: Family, addressAt: number, portAt: number): Endpoint | undefined {
  const port = portFromNumber(bytes.readUInt16BE(portAt));
  const words = family === 4 ? 1 : 4;
  let bits = 0n;
  for (let i = 0; i < words; i++) bits = (bits << 32n) | BigInt(bytes.readUInt32BE(addressAt + 4 * i));
  return port.ok ? { ip: ipFromBits(family, bits), port: port.value } : undefined;
}

function writeAddress(bytes: Buffer, at: number, ip: IpAddress): void {
  const words = ip.family === 4 ? 1 : 4;
  for (let i = 0; i < words; i++)
    bytes.writeUInt32BE(Number((ip.bits >> BigInt(32 * (words - 1 - i))) & 0xffff_ffffn), at + 4 * i);
}
