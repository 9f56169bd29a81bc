import { expect, test } from "vitest";
import { ip, must, port } from "../../../test/laws/builders.ts";
import { connectionFromObject } from "./connection-object.ts";
import {
  addressed,
  type ConnectionFacts,
  type ConnectionText,
  formatConnection,
  parseConnection,
  type Scheme,
} from "./connection-text.ts";

const request = (version: "1.0" | "1.1" | "2", isGrpc = false) => ({ kind: "http", version, isGrpc }) as const;

type Unschemed = ConnectionFacts & Pick<ConnectionText, "destination">;

/** Text, what it means, the canonical text where it is another. */
const READ: readonly (readonly [string, Unschemed, Scheme, string?])[] = [
  [
    "tls://httpbin.org:443@203.0.113.7",
    { kind: "tls", serverName: "httpbin.org", destination: { ip: ip("203.0.113.7"), port: port(443) } },
    "tls",
  ],
  [
    "tls://httpbin.org",
    { kind: "tls", serverName: "httpbin.org", destination: { port: port(443) } },
    "tls",
    "tls://httpbin.org:443",
  ],
  [
    "TLS://HttpBin.ORG:8443",
    { kind: "tls", serverName: "httpbin.org", destination: { port: port(8443) } },
    "tls",
    "tls://httpbin.org:8443",
  ],
  [
    "tls://a.test@[2001:DB8::7]",
    { kind: "tls", serverName: "a.test", destination: { ip: ip("2001:db8::7"), port: port(443) } },
    "tls",
    "tls://a.test:443@[2001:db8::7]",
  ],
  ["tls://:443@203.0.113.7", { kind: "tls", destination: { ip: ip("203.0.113.7"), port: port(443) } }, "tls"],
  ["tls://:443", { kind: "tls", destination: { port: port(443) } }, "tls"],
  [
    "tls://203.0.113.7",
    { kind: "tls", destination: { ip: ip("203.0.113.7"), port: port(443) } },
    "tls",
    "tls://:443@203.0.113.7",
  ],
  [
    "tls://203.0.113.7:443@198.51.100.1",
    { kind: "tls", serverName: "203.0.113.7", destination: { ip: ip("198.51.100.1"), port: port(443) } },
    "tls",
  ],
  ["tls://a.test.:443", { kind: "tls", serverName: "a.test.", destination: { port: port(443) } }, "tls"],
  ["http://a.test", { ...request("1.1"), host: "a.test", destination: { port: port(80) } }, "http", "http://a.test:80"],
  [
    "http://A.Test.:8080",
    { ...request("1.1"), host: "a.test", destination: { port: port(8080) } },
    "http",
    "http://a.test:8080",
  ],
  ["http://:80@203.0.113.7", { ...request("1.1"), destination: { ip: ip("203.0.113.7"), port: port(80) } }, "http"],
  [
    "http://203.0.113.7:80",
    { ...request("1.1"), host: "203.0.113.7", destination: { ip: ip("203.0.113.7"), port: port(80) } },
    "http",
  ],
  [
    "http://[2001:db8::7]",
    { ...request("1.1"), host: "[2001:db8::7]", destination: { ip: ip("2001:db8::7"), port: port(80) } },
    "http",
    "http://[2001:db8::7]:80",
  ],
  [
    "http://203.0.113.7:80@198.51.100.1",
    { ...request("1.1"), host: "203.0.113.7", destination: { ip: ip("198.51.100.1"), port: port(80) } },
    "http",
  ],
  [
    'http://"a.test:9999":8080',
    { ...request("1.1"), host: "a.test", destination: { port: port(8080) } },
    "http",
    "http://a.test:8080",
  ],
  ['http://"a b\\"@c":80', { ...request("1.1"), host: 'a b"@c', destination: { port: port(80) } }, "http"],
  ['http://"":80', { ...request("1.1"), host: "", destination: { port: port(80) } }, "http"],
  [
    "http10://a.test:80@203.0.113.7",
    { ...request("1.0"), host: "a.test", destination: { ip: ip("203.0.113.7"), port: port(80) } },
    "http10",
  ],
  ["http10://:80@203.0.113.7", { ...request("1.0"), destination: { ip: ip("203.0.113.7"), port: port(80) } }, "http10"],
  ["h2c://a.test:80", { ...request("2"), host: "a.test", destination: { port: port(80) } }, "h2c"],
  ["grpc://a.test:80", { ...request("2", true), host: "a.test", destination: { port: port(80) } }, "grpc"],
  ["ws://a.test:80", { ...request("1.1"), host: "a.test", destination: { port: port(80) } }, "ws"],
  ["opaque://203.0.113.7:9000", { kind: "opaque", destination: { ip: ip("203.0.113.7"), port: port(9000) } }, "opaque"],
  [
    "tcp://[2001:db8::7]:9000",
    { kind: "opaque", destination: { ip: ip("2001:db8::7"), port: port(9000) } },
    "opaque",
    "opaque://[2001:db8::7]:9000",
  ],
  [
    "opaque://[::ffff:10.0.0.1]:1",
    { kind: "opaque", destination: { ip: ip("10.0.0.1"), port: port(1) } },
    "opaque",
    "opaque://10.0.0.1:1",
  ],
  ["opaque://:9000", { kind: "opaque", destination: { port: port(9000) } }, "opaque"],
];

for (const [text, want, scheme, canonical = text] of READ)
  test(`${text} is read as what it says`, () => {
    const read = must(parseConnection(text));
    expect(read).toEqual({ ...want, scheme });
    expect(formatConnection(read)).toBe(canonical);
  });

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ["", /start with one of `tls:\/\/`/],
  ["httpbin.org:443", /start with one of/],
  ["ftp://a.test", /start with one of/],
  ["https://a.test", /`tls:\/\/a.test`/],
  ["wss://a.test", /`tls:\/\/a.test`/],
  ["tls://", /write behind it where it goes/],
  ["x://", /start with one of/],
  ["http://a.test/get", /leave the path out: `http:\/\/a.test`/],
  ["http://a.test?x", /leave the path out/],
  ["tls://a.test:0", /`0` is no port/],
  ["tls://a.test:65536", /`65536` is no port/],
  ["tls://a.test:", /write a port from 1 to 65535 behind the colon/],
  ["tls://2001:db8::7", /brackets/],
  ["tls://[2001:db8::7", /in double quotes/],
  ["tls://[203.0.113.7]", /brackets hold an IPv6 address/],
  ["tls://a.test@2001:db8::7", /after `@` comes an address/],
  ["tls://a.test@b.test", /after `@` comes an address/],
  ["tls://a.test@", /after `@` comes an address/],
  ["tls://*.a.test", /one name, such as `www.a.test`/],
  ["tls://bücher.example", /xn--bcher-kva.example/],
  ["opaque://203.0.113.7", /no default port/],
  ["opaque://a.test:9000", /carry no name/],
  ["opaque://10.0.0.1:9000@10.0.0.2", /carry no name/],
  ['http://"a', /in double quotes/],
  ['http://"\\x":80', /as JSON does/],
  ["http://a b:80", /in double quotes/],
];

test.each(REFUSED)("%s is refused, with what to write", (text, help) => {
  const result = parseConnection(text);
  expect(result.ok).toBe(false);
  expect(result.ok ? "" : result.help).toMatch(help);
});

test("a name goes to terminals as ASCII", () => {
  const destination = { port: port(443), ip: ip("192.0.2.1") };
  expect(formatConnection({ kind: "tls", serverName: "\u001b[31mé\u202e", destination })).toBe(
    'tls://"\\u001b[31m\\u00e9\\u202e":443@192.0.2.1',
  );
});

const LONG: readonly (readonly [unknown, string])[] = [
  [
    { kind: "tls", serverName: "A.test", destination: { ip: "203.0.113.7", port: 443 } },
    "tls://a.test:443@203.0.113.7",
  ],
  [{ kind: "tls", destination: { port: "8443" } }, "tls://:8443"],
  [{ kind: "http", version: "1.1", host: "a.test:9", destination: {} }, "http://a.test:80"],
  [{ kind: "http", version: 1, destination: { ip: "::1", port: 80 } }, "http10://:80@[::1]"],
  [{ kind: "http", version: 1.1, destination: { ip: "::1" } }, "http://:80@[::1]"],
  [{ kind: "http", version: 2, isGrpc: true, host: "a", destination: {} }, "grpc://a:80"],
  [{ kind: "http", version: "2", isGrpc: false, host: "a", destination: {} }, "h2c://a:80"],
  [{ kind: "opaque", destination: { ip: "203.0.113.7", port: 9000 } }, "opaque://203.0.113.7:9000"],
  ["ws://a.test", "ws://a.test:80"],
];

test.each(LONG)("the long form %j says %s", (value, text) => {
  expect(formatConnection(must(connectionFromObject(value)))).toBe(text);
});

const LONG_REFUSED: readonly (readonly [unknown, RegExp])[] = [
  [null, /map with `kind`/],
  [["tls://a"], /map with `kind`/],
  [{}, /`kind` is/],
  [{ kind: "udp", destination: { port: 53 } }, /`kind` is/],
  [{ kind: "tls" }, /`destination` is a map/],
  [{ kind: "tls", servername: "a", destination: {} }, /`servername` is no field/],
  [{ kind: "tls", host: "a", destination: {} }, /`host` is no field/],
  [{ kind: "tls", serverName: 7, destination: {} }, /`serverName` is a text/],
  [{ kind: "http", host: "a", destination: {} }, /`version` is/],
  [{ kind: "http", version: "3", destination: {} }, /`version` is/],
  [{ kind: "http", version: "1.1", isGrpc: true, destination: {} }, /gRPC request is `version: 2`/],
  [{ kind: "http", version: "2", isGrpc: "no", destination: {} }, /`isGrpc` is/],
  [{ kind: "http", version: "2", host: null, destination: {} }, /`host` is a text/],
  [{ kind: "opaque", destination: { ip: "10.0.0.1" } }, /`destination.port`/],
  [{ kind: "opaque", destination: { port: null } }, /`destination.port`/],
  [{ kind: "opaque", destination: { port: 0 } }, /`destination.port`/],
  [{ kind: "opaque", destination: { port: 1.5 } }, /`destination.port`/],
  [{ kind: "opaque", destination: { ip: "010.0.0.1", port: 9 } }, /leading zeros/],
  [{ kind: "opaque", destination: { ip: null, port: 9 } }, /`destination.ip`/],
  [{ kind: "opaque", destination: { address: "10.0.0.1", port: 9 } }, /`destination.address` is no field/],
];

test.each(LONG_REFUSED)("the long form %j is refused, with what to write", (value, help) => {
  const result = connectionFromObject(value);
  expect(result.ok).toBe(false);
  expect(result.ok ? "" : result.help).toMatch(help);
});

test("without an address there is no connection to decide about", () => {
  expect(addressed(must(parseConnection("tls://a.test")))).toBeUndefined();
  expect(addressed(must(parseConnection("ws://a.test@203.0.113.7")))).toEqual({
    ...request("1.1"),
    host: "a.test",
    destination: { ip: ip("203.0.113.7"), port: 80 },
  });
});
