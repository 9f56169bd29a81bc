import fc from "fast-check";
import { expect, test } from "vitest";
import { destroyRequest, dumpRequest, parseReplies } from "./inet-diag.ts";
import { endpointOf, formatEndpoint, tupleKey } from "./tcp-socket.ts";

const pair = (own: string, peer: string) => {
  const [a, b] = [endpointOf(own), endpointOf(peer)];
  if (a === undefined || b === undefined) throw new Error("impossible");
  return { own: a, peer: b };
};

test("a request to destroy carries both addresses where the kernel looks for them", () => {
  const v4 = destroyRequest(7, pair("127.0.0.1:15001", "10.1.2.3:40000"), 5n);
  expect(v4.length).toBe(72);
  expect(v4.subarray(16, 18).toString("hex")).toBe("0206");
  expect(v4.subarray(24, 32).toString("hex")).toBe("3a999c407f000001");
  expect(v4.subarray(44, 48).toString("hex")).toBe("0a010203");
  expect(v4.readBigUInt64LE(64)).toBe(5n);
  const v6 = destroyRequest(7, pair("[::1]:15001", "[2001:db8::1]:40000"));
  expect(v6[16]).toBe(10);
  expect(v6.subarray(44, 60).toString("hex")).toBe("20010db8000000000000000000000001");
  expect(v6.readBigUInt64LE(64)).toBe(0xffff_ffff_ffff_ffffn);
});

test("a v4-mapped connection is destroyed by its IPv4 addresses", () => {
  expect(destroyRequest(1, pair("[::ffff:127.0.0.1]:15001", "[::ffff:10.0.0.1]:4000"))[16]).toBe(2);
});

test("a dump asks for open sockets of one port", () => {
  const bytes = dumpRequest(1, 6, 15001);
  expect(bytes.readUInt32LE(20)).toBe(0b1_0011_0010);
  expect(bytes.readUInt16BE(24)).toBe(15001);
});

test("law: no answer, however damaged, breaks the reader", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      expect(() => parseReplies(Buffer.from(bytes))).not.toThrow();
    }),
  );
});

test("an error answer gives its errno, and a message cut short gives nothing", () => {
  const answer = Buffer.alloc(36);
  answer.writeUInt32LE(36, 0);
  answer.writeUInt16LE(2, 4);
  answer.writeUInt32LE(9, 8);
  answer.writeInt32LE(-1, 16);
  expect(parseReplies(answer)).toEqual([{ kind: "error", sequence: 9, errno: 1 }]);
  expect(parseReplies(answer.subarray(0, 30))).toEqual([]);
});

test("law: an endpoint is read back as it was written", () => {
  const endpoint = fc
    .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 1, max: 65_535 }))
    .map(([ip, port]) => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`));
  fc.assert(
    fc.property(endpoint, (text) => {
      const parsed = endpointOf(text);
      if (parsed === undefined) throw new Error(`not read: ${text}`);
      expect(endpointOf(formatEndpoint(parsed))).toEqual(parsed);
    }),
  );
});

test.each(["", "-", "1.2.3.4", "1.2.3.4:0", "::1:80", "[::1]", "[::1]:80:80", "a:1", "1.2.3.4:99999", "/run/x.sock"])(
  "`%s` is no endpoint",
  (text) => expect(endpointOf(text)).toBeUndefined(),
);

test("connections with swapped ends have different keys", () => {
  expect(tupleKey(pair("1.1.1.1:1", "2.2.2.2:2"))).not.toBe(tupleKey(pair("2.2.2.2:2", "1.1.1.1:1")));
});
