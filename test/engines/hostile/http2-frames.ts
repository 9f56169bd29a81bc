/** HTTP/2 by hand, for what no library sends. All texts are latin1: one character a byte. */

export const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
export const TYPES = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  windowUpdate: 8,
  continuation: 9,
};
export const FLAGS = { endStream: 1, ack: 1, endHeaders: 4 };

export function frame(type: number, flags: number, stream: number, payload = ""): string {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return head.toString("latin1") + payload;
}

/** Preface and empty settings. */
export const OPENING = PREFACE + frame(TYPES.settings, 0, 0);

/** Header fields without index and without Huffman. */
export const fields = (headers: readonly (readonly [name: string, value: string])[]): string =>
  headers.map(([name, value]) => `\0${text(name)}${text(value)}`).join("");

function text(value: string): string {
  if (value.length < 127) return String.fromCharCode(value.length) + value;
  let rest = value.length - 127;
  let length = "\x7f";
  for (; rest >= 128; rest >>= 7) length += String.fromCharCode((rest & 127) | 128);
  return length + String.fromCharCode(rest) + value;
}

export const request = (authority: string, ...more: (readonly [string, string])[]): string =>
  fields([[":method", "GET"], [":scheme", "http"], [":path", "/"], [":authority", authority], ...more]);

/** A whole request on a stream of its own. */
export const get = (stream: number, authority: string, ...more: (readonly [string, string])[]): string =>
  frame(TYPES.headers, FLAGS.endHeaders | FLAGS.endStream, stream, request(authority, ...more));

/** The types of the frames in an answer, with the status where there is one: `settings ack 503 goaway`. */
export function framesIn(bytes: string): {
  readonly goaway: boolean;
  readonly reset: boolean;
  readonly headers: number;
} {
  const buffer = Buffer.from(bytes, "latin1");
  const seen = { goaway: false, reset: false, headers: 0 };
  for (let at = 0; at + 9 <= buffer.length; at += 9 + buffer.readUIntBE(at, 3)) {
    const type = buffer[at + 3];
    if (type === 7) seen.goaway = true;
    if (type === TYPES.reset) seen.reset = true;
    if (type === TYPES.headers) seen.headers++;
  }
  return seen;
}
