import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { readResponse } from "./http1-response.ts";
import { incoming } from "./line.ts";

async function read(text: string, { method = "GET", pieces = text.length, end = false, waitMs = 200 } = {}) {
  const stream = new PassThrough();
  const from = incoming(stream);
  const response = readResponse(from, method, performance.now() + waitMs);
  for (let at = 0; at < text.length; at += pieces) {
    stream.write(text.slice(at, at + pieces));
    await new Promise(setImmediate);
  }
  if (end) stream.end();
  return { response: await response, rest: from.bytes.toString() };
}

test("a body of stated length ends there", async () => {
  const { response, rest } = await read("HTTP/1.1 200 OK\r\nA: 1\r\ncontent-length: 3\r\n\r\nabcHTTP");
  expect(response).toEqual({
    status: 200,
    headers: [
      ["A", "1"],
      ["content-length", "3"],
    ],
    body: "abc",
    untilEnd: false,
  });
  expect(rest).toBe("HTTP");
});

test("chunks and trailers are read, byte by byte too", async () => {
  const text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\nnext";
  for (const pieces of [text.length, 1]) {
    const { response, rest } = await read(text, { pieces });
    expect(response).toMatchObject({ body: "abcde", untilEnd: false });
    expect(rest).toBe("next");
  }
});

test("without a length the body lasts until the end", async () => {
  const { response } = await read("HTTP/1.0 200 OK\r\n\r\nabc", { end: true });
  expect(response).toMatchObject({ body: "abc", untilEnd: true });
});

test("interim answers are left out; 204, HEAD and 101 have no body", async () => {
  expect((await read("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 204 No\r\n\r\n")).response).toMatchObject({ status: 204 });
  expect((await read("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", { method: "HEAD" })).response?.body).toBe("");
  expect((await read("HTTP/1.1 101 Up\r\n\r\nframe")).rest).toBe("frame");
});

test("no whole head is no answer", async () => {
  expect((await read("HTTP/1.1 200 OK\r\nA: 1\r\n", { end: true })).response).toBeUndefined();
  expect((await read("HTTP/1.1 200", { waitMs: 20 })).response).toBeUndefined();
  expect((await read("220 mail\r\n\r\n")).response).toBeUndefined();
});
