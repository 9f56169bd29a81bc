import { expect, test } from "vitest";
import { acceptKey, decodeFrame, encodeFrame, TEXT } from "./websocket.ts";

test("the accept key is the one of RFC 6455's example", () => {
  expect(acceptKey("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

test.each([0, 1, 125, 126, 65_535])("a frame of %i bytes is read back, masked or not, with what follows it", (size) => {
  for (const masked of [true, false]) {
    const payload = Buffer.alloc(size, "abc");
    const bytes = Buffer.concat([encodeFrame(TEXT, payload, masked), Buffer.from("rest")]);
    expect(decodeFrame(bytes)).toEqual({ frame: { opcode: TEXT, payload }, rest: Buffer.from("rest") });
    expect(decodeFrame(bytes.subarray(0, bytes.length - 5))).toBeUndefined(); // one byte is missing
  }
});

test("a masked frame does not carry its text in the clear", () => {
  expect(encodeFrame(TEXT, Buffer.alloc(32, "secret"), true).includes("secretsecret")).toBe(false);
});
