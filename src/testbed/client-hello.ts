import { randomBytes } from "node:crypto";

/** The server name of a ClientHello, byte for byte as sent (latin1: one character a byte); absent where none is. */
export type HelloRead =
  | { readonly kind: "hello"; readonly serverName?: string }
  | { readonly kind: "incomplete" }
  | { readonly kind: "malformed" };

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;

/** Reads the server name from the first bytes of a TLS connection, however they are cut into records. */
export function readClientHello(bytes: Buffer): HelloRead {
  const handshake = joinRecords(bytes);
  if (handshake === "malformed") return { kind: "malformed" };
  if (handshake.length < 4 || handshake.length < 4 + handshake.readUIntBE(1, 3)) return { kind: "incomplete" };
  if (handshake[0] !== CLIENT_HELLO) return { kind: "malformed" };
  try {
    const serverName = serverNameOf(handshake.subarray(4, 4 + handshake.readUIntBE(1, 3)));
    return serverName === undefined ? { kind: "hello" } : { kind: "hello", serverName };
  } catch {
    return { kind: "malformed" }; // a length that points outside
  }
}

function joinRecords(bytes: Buffer): Buffer | "malformed" {
  const parts: Buffer[] = [];
  for (let at = 0; at + 5 <= bytes.length; ) {
    if (bytes[at] !== HANDSHAKE) return parts.length === 0 ? "malformed" : Buffer.concat(parts);
    const length = bytes.readUInt16BE(at + 3);
    parts.push(bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return Buffer.concat(parts);
}

function serverNameOf(hello: Buffer): string | undefined {
  let at = 2 + 32; // version, random
  at += 1 + hello.readUInt8(at); // session
  at += 2 + hello.readUInt16BE(at); // cipher suites
  at += 1 + hello.readUInt8(at); // compression
  at += 2; // length of all extensions
  while (at + 4 <= hello.length) {
    const type = hello.readUInt16BE(at);
    const length = hello.readUInt16BE(at + 2);
    // list length (2), name type (1), name length (2), name
    if (type === SERVER_NAME) return hello.toString("latin1", at + 9, at + 9 + hello.readUInt16BE(at + 7));
    at += 4 + length;
  }
  return undefined;
}

/** What a hand-made ClientHello says. Real handshakes use `node:tls`; this is for what no TLS library sends. */
export interface HelloSettings {
  /** latin1: one character a byte. Absent: no server name extension. */
  readonly serverName?: string;
  /** As the record and the hello state it. Default 0x0303, TLS 1.2. */
  readonly version?: number;
  /** Adds a padding extension of so many bytes. */
  readonly paddingBytes?: number;
  /** Cuts the hello into records of at most so many bytes. Default: one record. */
  readonly recordBytes?: number;
}

/** A ClientHello that offers TLS 1.2 with ECDHE. Complete enough for inspectors, and for a server to answer. */
export function makeClientHello(settings: HelloSettings = {}): Buffer {
  const { serverName, version = 0x0303, paddingBytes = 0, recordBytes = 0x4000 } = settings;
  const extensions = Buffer.concat([
    serverName === undefined ? Buffer.alloc(0) : extension(SERVER_NAME, serverNameList(serverName)),
    extension(10, Buffer.from("00020017", "hex")), // supported groups: secp256r1
    extension(11, Buffer.from("0100", "hex")), // point formats: uncompressed
    extension(13, Buffer.from("000404030804", "hex")), // signatures: ecdsa and rsa-pss with sha256
    paddingBytes > 0 ? extension(21, Buffer.alloc(paddingBytes)) : Buffer.alloc(0),
  ]);
  const body = Buffer.concat([
    uint16(version),
    randomBytes(32),
    Buffer.from([0]), // no session
    Buffer.from("0004c02bc02f", "hex"), // ECDHE with AES-128-GCM
    Buffer.from([1, 0]), // no compression
    uint16(extensions.length),
    extensions,
  ]);
  const handshake = Buffer.concat([Buffer.from([CLIENT_HELLO, body.length >> 16]), uint16(body.length & 0xffff), body]);
  const records: Buffer[] = [];
  for (let at = 0; at < handshake.length; at += recordBytes) {
    const part = handshake.subarray(at, at + recordBytes);
    records.push(Buffer.from([HANDSHAKE]), uint16(version), uint16(part.length), part);
  }
  return Buffer.concat(records);
}

function serverNameList(name: string): Buffer {
  const bytes = Buffer.from(name, "latin1");
  return Buffer.concat([uint16(bytes.length + 3), Buffer.from([0]), uint16(bytes.length), bytes]);
}

const extension = (type: number, content: Buffer): Buffer =>
  Buffer.concat([uint16(type), uint16(content.length), content]);

function uint16(n: number): Buffer {
  return Buffer.from([(n >> 8) & 255, n & 255]);
}
