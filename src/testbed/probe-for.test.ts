import { expect, test } from "vitest";
import { parseConnection } from "../policy/model/index.ts";
import { probeFor } from "./probe-for.ts";

function probeOf(text: string) {
  const connection = parseConnection(text);
  if (!connection.ok) throw new Error(connection.help);
  return probeFor(connection.value);
}

test.each([
  ["tls://httpbin.org:443@203.0.113.7", { kind: "tls", serverName: "httpbin.org" }],
  ["tls://:443@203.0.113.7", { kind: "tls" }],
  ['tls://"a b":443@203.0.113.7', { kind: "hello", hello: { serverName: "a b" } }],
  ["tls://httpbin.org.:443@203.0.113.7", { kind: "hello", hello: { serverName: "httpbin.org." } }],
  [
    "http://web.example:80@203.0.113.7",
    { kind: "http1", requests: [{ version: "1.1", headers: [["Host", "web.example"]] }] },
  ],
  ["http10://:80@203.0.113.7", { kind: "http1", requests: [{ version: "1.0", headers: [] }] }],
  ["h2c://web.example:80@203.0.113.7", { kind: "http2", requests: [{ authority: "web.example" }] }],
  ["ws://web.example:80@203.0.113.7", { kind: "websocket", headers: [["Host", "web.example"]] }],
  ["opaque://203.0.113.7:9000", { kind: "bytes", send: "sallyport testbed\n" }],
])("%s", (text, speech) => {
  expect(probeOf(text).speech).toEqual(speech);
});

test("gRPC is a POST with its content type", () => {
  const { speech } = probeOf("grpc://g.example:80@203.0.113.7");
  expect(speech).toMatchObject({ kind: "http2", requests: [{ authority: "g.example", method: "POST" }] });
});

test("the address and port are those of the text", () => {
  expect(probeOf("opaque://[2001:db8::7]:9000").to).toEqual({ ip: "2001:db8::7", port: 9000 });
});

test("without an address there is nowhere to connect to", () => {
  expect(() => probeOf("tls://httpbin.org:443")).toThrow("needs an address");
});
