import { type IpAddress, ipFromBits, portFromNumber } from "../../policy/net/index.ts";
import { openNetlink } from "./netlink.ts";
import type { Endpoint, TcpPair } from "./tcp-socket.ts";

/** Asks the kernel where redirected connections were going. */
export interface Conntrack {
  /** Where the connection that Envoy accepted was meant for; undefined if the kernel does not know (any more). */
  originalDestination(accepted: TcpPair): Endpoint | undefined;
  /** A connection is over: one with the same ends must be redirected anew, not as this one was. */
  forget(accepted: TcpPair): void;
  close(): void;
}

const NETLINK_NETFILTER = 12;
const NLMSG_ERROR = 2;
/** Subsystem NFNL_SUBSYS_CTNETLINK, messages IPCTNL_MSG_CT_NEW (the answer) and IPCTNL_MSG_CT_GET. */
const CT_NEW = 1 << 8;
const CT_GET = (1 << 8) | 1;
const CT_DELETE = (1 << 8) | 2;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const AF_INET = 2;
const AF_INET6 = 10;
const IPPROTO_TCP = 6;
const NLA_F_NESTED = 0x8000;
const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_REPLY = 2;
const CTA_TUPLE_IP = 1;
const CTA_TUPLE_PROTO = 2;
const CTA_IP_V4_SRC = 1;
const CTA_IP_V4_DST = 2;
const CTA_IP_V6_SRC = 3;
const CTA_IP_V6_DST = 4;
const CTA_PROTO_NUM = 1;
const CTA_PROTO_SRC_PORT = 2;
const CTA_PROTO_DST_PORT = 3;
/** nlmsghdr 16, nfgenmsg 4. */
const HEADER_BYTES = 20;

/** Throws a HostError where the kernel has no NETLINK_NETFILTER. */
export function openConntrack(): Conntrack {
  const netlink = openNetlink(NETLINK_NETFILTER, "connections (NETLINK_NETFILTER)");
  let sequence = 0;
  const ask = (message: number, flags: number, accepted: TcpPair) => {
    netlink.send(about(message, flags, ++sequence, accepted));
    for (;;) {
      const answer = netlink.receive();
      if (answer.length < HEADER_BYTES || answer.readUInt32LE(8) !== sequence) continue;
      const type = answer.readUInt16LE(4);
      if (type === NLMSG_ERROR || type === CT_NEW) return { type, answer };
    }
  };
  return {
    originalDestination(accepted) {
      const { type, answer } = ask(CT_GET, NLM_F_REQUEST, accepted);
      return type === NLMSG_ERROR ? undefined : originalOf(answer.subarray(0, answer.readUInt32LE(0)));
    },
    forget(accepted) {
      ask(CT_DELETE, NLM_F_REQUEST | NLM_F_ACK, accepted); // an error: it is forgotten already
    },
    close: () => netlink.close(),
  };
}

/** By the direction of the answers: from Envoy's socket to the workload's. */
function about(message: number, flags: number, sequence: number, { own, peer }: TcpPair): Buffer {
  const isV4 = own.ip.family === 4;
  const addresses = [
    attribute(isV4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, addressBytes(own.ip)),
    attribute(isV4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, addressBytes(peer.ip)),
  ];
  const protocol = [
    attribute(CTA_PROTO_NUM, Buffer.from([IPPROTO_TCP])),
    attribute(CTA_PROTO_SRC_PORT, portBytes(own.port)),
    attribute(CTA_PROTO_DST_PORT, portBytes(peer.port)),
  ];
  const tuple = Buffer.concat([
    attribute(CTA_TUPLE_IP | NLA_F_NESTED, Buffer.concat(addresses)),
    attribute(CTA_TUPLE_PROTO | NLA_F_NESTED, Buffer.concat(protocol)),
  ]);
  const body = attribute(CTA_TUPLE_REPLY | NLA_F_NESTED, tuple);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(HEADER_BYTES + body.length, 0);
  header.writeUInt16LE(message, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt32LE(sequence, 8);
  header[16] = isV4 ? AF_INET : AF_INET6;
  return Buffer.concat([header, body]);
}

function originalOf(answer: Buffer): Endpoint | undefined {
  const original = attributes(answer.subarray(HEADER_BYTES)).get(CTA_TUPLE_ORIG);
  if (original === undefined) return undefined;
  const tuple = attributes(original);
  const addresses = attributes(tuple.get(CTA_TUPLE_IP) ?? Buffer.alloc(0));
  const portField = attributes(tuple.get(CTA_TUPLE_PROTO) ?? Buffer.alloc(0)).get(CTA_PROTO_DST_PORT);
  const [v4, v6] = [addresses.get(CTA_IP_V4_DST), addresses.get(CTA_IP_V6_DST)];
  const ip = v4?.length === 4 ? address(4, v4) : v6?.length === 16 ? address(6, v6) : undefined;
  const port = portFromNumber(portField?.length === 2 ? portField.readUInt16BE(0) : 0);
  return ip !== undefined && port.ok ? { ip, port: port.value } : undefined;
}

function attribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc((4 + value.length + 3) & ~3);
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  value.copy(bytes, 4);
  return bytes;
}

function attributes(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    found.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return found;
}

const addressBytes = ({ family, bits }: IpAddress): Buffer =>
  Buffer.from(bits.toString(16).padStart(family === 4 ? 8 : 32, "0"), "hex");

const address = (family: 4 | 6, bytes: Buffer): IpAddress => ipFromBits(family, BigInt(`0x${bytes.toString("hex")}`));

function portBytes(port: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(port);
  return bytes;
}
