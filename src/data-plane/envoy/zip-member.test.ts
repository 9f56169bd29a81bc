import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { unpackMember } from "./zip-member.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-zip-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Entry {
  readonly name: string;
  readonly content: Buffer;
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  readonly bytes?: number;
}

/** A zip archive, byte by byte, so that each field can lie. */
function zip(entries: readonly Entry[], comment = ""): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, method = 8, flags = 0, crc = crc32(content), bytes = content.length } of entries) {
    const data = method === 8 ? deflateRawSync(content) : content;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    local.writeUInt16LE(3, 28);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(crc, 16);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(bytes, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    const whole = Buffer.concat([local, Buffer.from(`${name}xxx`), data]);
    locals.push(whole);
    directory.push(entry, Buffer.from(name));
    offset += whole.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...locals, ...directory, end, Buffer.from(comment)]);
}

async function unpack(archive: Buffer, name = "a/b", maxBytes = 1 << 20): Promise<string> {
  const path = join(folder, "archive.zip");
  const target = join(folder, "target");
  writeFileSync(path, archive);
  await unpackMember(path, name, target, { maxBytes });
  return readFileSync(target, "utf8");
}

const text = "content ".repeat(1_000);
const entry: Entry = { name: "a/b", content: Buffer.from(text) };

test("one member among others comes out as it went in", async () => {
  const others = [
    { name: "a/__init__.py", content: Buffer.alloc(0), method: 0 },
    entry,
    { name: "z", content: Buffer.from("z") },
  ];
  expect(await unpack(zip(others))).toBe(text);
  expect(await unpack(zip(others, "a comment"), "z")).toBe("z");
  expect(await unpack(zip(others), "a/__init__.py")).toBe("");
  expect(await unpack(zip([{ ...entry, method: 0 }]))).toBe(text);
});

test.each<[string, Buffer, RegExp]>([
  ["a missing member", zip([{ ...entry, name: "other" }]), /no such file/],
  ["a wrong checksum", zip([{ ...entry, crc: 1 }]), /checksum is wrong/],
  ["more bytes than stated", zip([{ ...entry, bytes: 10 }]), /longer than the archive says/],
  ["fewer bytes than stated", zip([{ ...entry, bytes: text.length + 1 }]), /the archive says/],
  ["an encrypted archive", zip([{ ...entry, flags: 1 }]), /encrypted/],
  ["an unknown method", zip([{ ...entry, method: 12 }]), /method 12/],
  ["no archive at all", Buffer.from("<html>"), /not a zip archive/],
  ["an empty file", Buffer.alloc(0), /not a zip archive/],
  ["an archive cut short", zip([entry]).subarray(20), /cannot unpack/],
])("refused: %s", async (_, archive, message) => {
  await expect(unpack(archive)).rejects.toThrow(message);
});

test("refused: a member that is larger than expected is not unpacked at all", async () => {
  await expect(unpack(zip([entry]), "a/b", 100)).rejects.toThrow(/more than 100/);
});
