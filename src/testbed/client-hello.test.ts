import { type AddressInfo, createServer } from "node:net";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { makeClientHello, readClientHello } from "./client-hello.ts";

test.each(["example.com", "", "a b", "x.", "\xff\x00", "a".repeat(300)])(
  "a hello with the name %j is read back",
  (serverName) => {
    expect(readClientHello(makeClientHello({ serverName }))).toEqual({ kind: "hello", serverName });
  },
);

test("a hello without a name has none", () => {
  expect(readClientHello(makeClientHello())).toEqual({ kind: "hello" });
});

test("a hello in ten-byte records, and one of 20 kB, are read", () => {
  expect(readClientHello(makeClientHello({ serverName: "x.y", recordBytes: 10 }))).toMatchObject({ serverName: "x.y" });
  expect(readClientHello(makeClientHello({ serverName: "x.y", paddingBytes: 20_000 }))).toMatchObject({
    serverName: "x.y",
  });
});

test("every beginning of a hello is incomplete, never anything else", () => {
  const hello = makeClientHello({ serverName: "example.com" });
  const kinds = new Set(
    Array.from({ length: hello.length - 6 }, (_, i) => readClientHello(hello.subarray(0, i + 5)).kind),
  );
  expect([...kinds]).toEqual(["incomplete"]);
});

test("other bytes are malformed", () => {
  expect(readClientHello(Buffer.from("GET / HTTP/1.1\r\n")).kind).toBe("malformed");
  expect(readClientHello(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])).kind).toBe("malformed"); // a ServerHello
  expect(readClientHello(Buffer.from([22, 3, 1, 0, 6, 1, 0, 0, 2, 3, 3])).kind).toBe("malformed"); // cut short inside
});

test("the hello of Node's own TLS client is read", async () => {
  const name = await new Promise((resolve) => {
    const server = createServer((socket) =>
      socket.once("data", (bytes) => {
        resolve(readClientHello(bytes));
        socket.destroy();
        server.close();
      }),
    );
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo; // of a TCP server it is always one
      connect({ port, host: "127.0.0.1", servername: "node.example" }).on("error", () => undefined);
    });
  });
  expect(name).toEqual({ kind: "hello", serverName: "node.example" });
});
