import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32, createInflateRaw } from "node:zlib";
import { HostError } from "../host/index.ts";

/** Where one file lies in an archive, and what it must be once unpacked. */
interface Member {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly headerOffset: number;
}

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;

/**
 * Unpack one member of a zip archive into `target` (PKWARE APPNOTE 6.3, without encryption, ZIP64 and several disks).
 * Length and CRC must be those that the archive states, and the length at most `maxBytes`. Throws a HostError otherwise;
 * `target` is then worthless.
 */
export async function unpackMember(
  archive: string,
  name: string,
  target: string,
  limit: { readonly maxBytes: number },
): Promise<void> {
  const bad = (why: string) => new HostError(`cannot unpack \`${name}\` from ${archive}: ${why}`);
  const file = await open(archive, "r");
  try {
    const directory = await readDirectory(file, bad);
    const member = directory.find((m) => m.name === name);
    if (member === undefined) throw bad("the archive has no such file");
    if (member.bytes > limit.maxBytes) throw bad(`it has ${member.bytes} bytes, more than ${limit.maxBytes}`);
    if (member.method !== STORED && member.method !== DEFLATED) throw bad(`packed by method ${member.method}`);
    const header = await readAt(file, member.headerOffset, 30, bad);
    if (header.readUInt32LE(0) !== LOCAL) throw bad("its header is not where the directory says");
    const start = member.headerOffset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    await copyOut(archive, start, member, target, bad);
  } finally {
    await file.close();
  }
}

type Bad = (why: string) => HostError;

async function readAt(file: FileHandle, offset: number, bytes: number, bad: Bad): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, offset);
  if (bytesRead !== bytes) throw bad("the archive ends too early");
  return buffer;
}

/** The directory is at the end, followed by a fixed record and a comment of up to 65,535 bytes. */
async function readDirectory(file: FileHandle, bad: Bad): Promise<Member[]> {
  const { size } = await file.stat();
  const tailBytes = Math.min(size, 22 + 0xffff);
  const tail = await readAt(file, size - tailBytes, tailBytes, bad);
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== END) end--;
  if (end < 0) throw bad("this is not a zip archive");
  const [count, bytes, offset] = [
    tail.readUInt16LE(end + 10),
    tail.readUInt32LE(end + 12),
    tail.readUInt32LE(end + 16),
  ];
  const directory = await readAt(file, offset, bytes, bad);
  const members: Member[] = [];
  for (let at = 0; members.length < count; ) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== ENTRY) throw bad("its directory is damaged");
    const [nameBytes, extra, comment] = [28, 30, 32].map((o) => directory.readUInt16LE(at + o));
    if (nameBytes === undefined || extra === undefined || comment === undefined) throw bad("its directory is damaged");
    if ((directory.readUInt16LE(at + 8) & 1) !== 0) throw bad("the archive is encrypted");
    members.push({
      name: directory.toString("utf8", at + 46, at + 46 + nameBytes),
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      packedBytes: directory.readUInt32LE(at + 20),
      bytes: directory.readUInt32LE(at + 24),
      headerOffset: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameBytes + extra + comment;
  }
  return members;
}

async function copyOut(archive: string, start: number, member: Member, target: string, bad: Bad): Promise<void> {
  let crc = 0;
  let bytes = 0;
  const check = new Transform({
    transform(part: Buffer, _encoding, done) {
      crc = crc32(part, crc);
      bytes += part.length;
      done(bytes > member.bytes ? bad("it is longer than the archive says") : null, part);
    },
  });
  const out = createWriteStream(target, { mode: 0o600 });
  if (member.packedBytes === 0) {
    out.end();
    await once(out, "close");
  } else {
    const source = createReadStream(archive, { start, end: start + member.packedBytes - 1 });
    if (member.method === STORED) await pipeline(source, check, out);
    else await pipeline(source, createInflateRaw(), check, out);
  }
  if (bytes !== member.bytes) throw bad(`it has ${bytes} bytes, the archive says ${member.bytes}`);
  if (crc !== member.crc) throw bad("its checksum is wrong");
}
