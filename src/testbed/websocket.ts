import { createHash, randomBytes } from "node:crypto";

/** RFC 6455 in both directions, as much as an echo needs: whole frames, no fragments, no extensions. */
export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

export const TEXT = 1;
export const CLOSE = 8;

/** The value of `Sec-WebSocket-Accept` for a key. */
export function acceptKey(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

export const newKey = (): string => randomBytes(16).toString("base64");

/** Clients must mask, servers must not. Up to 65,535 bytes. */
export function encodeFrame(opcode: number, payload: Buffer, masked: boolean): Buffer {
  const size = payload.length;
  const maskBit = masked ? 0x80 : 0;
  const length = size < 126 ? [maskBit | size] : [maskBit | 126, size >> 8, size & 255];
  const head = Buffer.from([0x80 | opcode, ...length]);
  if (!masked) return Buffer.concat([head, payload]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, applyMask(payload, mask)]);
}

/** The first frame and what follows it; undefined while it is not complete. */
export function decodeFrame(bytes: Buffer): { readonly frame: Frame; readonly rest: Buffer } | undefined {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  const long = (second & 0x7f) === 126;
  const maskBytes = second & 0x80 ? 4 : 0;
  const start = (long ? 4 : 2) + maskBytes;
  if (bytes.length < start) return undefined;
  const size = long ? bytes.readUInt16BE(2) : second & 0x7f;
  if (bytes.length < start + size) return undefined;
  const body = bytes.subarray(start, start + size);
  const payload = maskBytes > 0 ? applyMask(body, bytes.subarray(start - 4, start)) : Buffer.from(body);
  return { frame: { opcode: first & 0x0f, payload }, rest: bytes.subarray(start + size) };
}

function applyMask(payload: Buffer, mask: Buffer): Buffer {
  return Buffer.from(payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0)));
}
