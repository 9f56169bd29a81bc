/** What a hostile workload sends, by the names that docs/reference/hostile-input.md gives it. */
import { makeClientHello } from "../../../src/testbed/index.ts";
import type { Step } from "./client.ts";
import { FLAGS, fields, frame, get, OPENING, request, TYPES } from "./http2-frames.ts";

export interface Row {
  readonly name: string;
  readonly port: number;
  readonly steps: readonly Step[];
  /** For a status, or an end. Default 2 s: what is decided by bytes is decided long before. */
  readonly waitMs?: number;
  /** Something in it is allowed: it may reach its destination. Of everything else no SYN may. */
  readonly mayReach?: true;
  /** Read as HTTP/2; what comes back at once is its settings, and no answer. */
  readonly http2?: true;
  /** Only whether it is ended counts; how far it got by then is a matter of time. */
  readonly flood?: true;
  /** Instead of an address in the world. */
  readonly to?: string;
}

const RULED = "a.example.com";
const OTHER = "evil.test";
const HELLO = makeClientHello({ serverName: RULED }).toString("latin1");
const LONG = 12_000;

const send = (text: string): readonly Step[] => [{ send: text }];
const lines = (...all: string[]): string => `${all.join("\r\n")}\r\n\r\n`;
const host = (name: string) => `Host: ${name}`;
const GET = "GET / HTTP/1.1";

const hello = (name: string, steps: readonly Step[], more: Partial<Row> = {}): Row => ({
  name,
  port: 443,
  steps,
  ...more,
});

const TLS: readonly Row[] = [
  hello("a hello in pieces of 1 byte, 1 ms apart", [{ send: HELLO, bytes: 1, everyMs: 1 }], { mayReach: true }),
  hello(
    "a hello in records of 10 bytes",
    send(makeClientHello({ serverName: RULED, recordBytes: 10 }).toString("latin1")),
    {
      mayReach: true,
    },
  ),
  hello("a hello of 12 KiB", send(makeClientHello({ serverName: RULED, paddingBytes: LONG }).toString("latin1")), {
    mayReach: true,
  }),
  hello("a hello and 1 MiB of garbage behind it", [{ send: HELLO }, { send: "\xff".repeat(1 << 20) }], {
    mayReach: true,
  }),
  hello("a hello over 16 KiB", send(makeClientHello({ serverName: RULED, paddingBytes: 17_000 }).toString("latin1"))),
  hello("half of a hello", send(HELLO.slice(0, HELLO.length >> 1)), { waitMs: LONG }),
  hello("a hello in pieces, slower than inspection", [{ send: HELLO, bytes: 8, everyMs: 600 }], { waitMs: LONG }),
  hello("a hello without a name", send(makeClientHello({}).toString("latin1"))),
  hello("a hello for another name", send(makeClientHello({ serverName: OTHER }).toString("latin1"))),
  hello(
    "a hello for a name with a NUL in it",
    send(makeClientHello({ serverName: `${RULED}\0.${OTHER}` }).toString("latin1")),
  ),
  hello(
    "a hello for a ruled name behind a NUL",
    send(makeClientHello({ serverName: `${OTHER}\0.${RULED}` }).toString("latin1")),
  ),
  hello("a hello for an address", send(makeClientHello({ serverName: "203.0.113.1" }).toString("latin1"))),
  hello(
    "a hello for 300 bytes of name",
    send(makeClientHello({ serverName: `${"a".repeat(286)}.example.com` }).toString("latin1")),
    {
      waitMs: LONG,
    },
  ),
  hello("a hello of SSL 3.0", send(makeClientHello({ serverName: RULED, version: 0x0300 }).toString("latin1")), {
    mayReach: true,
  }),
  hello("a hello of SSL 2.0", send(`\x80\x2e\x01\x03\x01\0\x15\0\0\0\x10${"\x01".repeat(37)}`)),
  hello("a TLS alert first", send("\x15\x03\x03\0\x02\x02\x28")),
  hello("a record of length 0, over and over", [{ send: "\x16\x03\x03\0\0", times: 1_000 }], { waitMs: LONG }),
  hello("garbage where only TLS is ruled", send("\x00\x01\x02garbage\r\n\r\n")),
  hello("HTTP where only TLS is ruled", send(lines(GET, host(RULED)))),
  hello("nothing", [], { waitMs: LONG }),
  { name: "anything to a port without rules", port: 8443, steps: send(HELLO) },
  { name: "garbage where `tcp` is ruled", port: 9000, steps: send("\x00\x01\x02garbage"), mayReach: true },
];

const http = (name: string, text: string, more: Partial<Row> = {}): Row => ({
  name,
  port: 80,
  steps: send(text),
  ...more,
});
const REACHES = { mayReach: true } as const;
const BODY = ["POST / HTTP/1.1", host(RULED)];
const SMUGGLED = lines(GET, host(RULED), "X-Smuggled: 1");

const HTTP1: readonly Row[] = [
  http("two `Host`, the first one ruled", lines(GET, host(RULED), host(OTHER))),
  http("two `Host`, the second one ruled", lines(GET, host(OTHER), host(RULED))),
  http("two `Host`, both ruled", lines(GET, host(RULED), host("b.example.com"))),
  http("`Host: other,ruled`", lines(GET, host(`${OTHER},${RULED}`))),
  http("`Host: other ruled`", lines(GET, host(`${OTHER} ${RULED}`))),
  http("`Host: other@ruled`", lines(GET, host(`${OTHER}@${RULED}`))),
  http("`Host: other/ruled`", lines(GET, host(`${OTHER}/.${RULED}`))),
  http("`Host` with an escaped dot", lines(GET, host("a%2eexample.com"))),
  http("`Host` with another port", lines(GET, host(`${RULED}:443`)), REACHES),
  http("`Host: ruled` with a tab behind it", lines(GET, `${host(RULED)}\t`), REACHES),
  http("`Host` without a value", lines(GET, "Host:")),
  http("no `Host`", lines(GET)),
  http("no `Host`, HTTP/1.0", lines("GET / HTTP/1.0")),
  http("absolute form of another host, `Host` ruled", lines(`GET http://${OTHER}/ HTTP/1.1`, host(RULED))),
  http("absolute form of a ruled host, `Host` another", lines(`GET http://${RULED}/ HTTP/1.1`, host(OTHER)), REACHES),
  http("absolute form, `https`", lines(`GET https://${OTHER}/ HTTP/1.1`, host(RULED))),
  http("absolute form with user information", lines(`GET http://${RULED}@${OTHER}/ HTTP/1.1`, host(RULED))),
  http("`CONNECT` to a ruled host", lines(`CONNECT ${RULED}:443 HTTP/1.1`, host(RULED))),
  http("`CONNECT` to another host", lines(`CONNECT ${OTHER}:443 HTTP/1.1`, host(OTHER))),
  http(
    "upgrade to h2c, ruled",
    lines(GET, host(RULED), "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
    REACHES,
  ),
  http(
    "upgrade to h2c, another host",
    lines(GET, host(OTHER), "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
  ),
  http("upgrade to anything else", lines(GET, host(RULED), "Connection: Upgrade", "Upgrade: tunnel")),
  http(
    "`Transfer-Encoding` and `Content-Length`",
    `${lines(...BODY, "Content-Length: 6", "Transfer-Encoding: chunked")}0\r\n\r\n${SMUGGLED}`,
    REACHES,
  ),
  http("two `Content-Length`", `${lines(...BODY, "Content-Length: 0", "Content-Length: 50")}${SMUGGLED}`),
  http("`Content-Length: 0, 50`", `${lines(...BODY, "Content-Length: 0, 50")}${SMUGGLED}`),
  http("`Content-Length: +1`", `${lines(...BODY, "Content-Length: +1")}x`),
  http("`Transfer-Encoding: chunked, identity`", `${lines(...BODY, "Transfer-Encoding: chunked, identity")}0\r\n\r\n`),
  http("`Transfer-Encoding: xchunked`", `${lines(...BODY, "Transfer-Encoding: xchunked")}0\r\n\r\n`),
  http(
    "`Transfer-Encoding : chunked`, a space before the colon",
    `${lines(...BODY, "Transfer-Encoding : chunked")}0\r\n\r\n`,
  ),
  http(
    "a chunk with 1 MiB of extension",
    `${lines(...BODY, "Transfer-Encoding: chunked")}1;${"a".repeat(1 << 20)}\r\nx\r\n0\r\n\r\n`,
    REACHES,
  ),
  http(
    "`Transfer-Encoding` over HTTP/1.0",
    `${lines("POST / HTTP/1.0", host(RULED), "Transfer-Encoding: chunked")}0\r\n\r\n`,
    REACHES,
  ),
  http("a chunk whose size is no number", `${lines(...BODY, "Transfer-Encoding: chunked")}zz\r\n\r\n`, REACHES),
  http(
    "a chunk larger than 64 bits",
    `${lines(...BODY, "Transfer-Encoding: chunked")}fffffffffffffffff\r\n\r\n`,
    REACHES,
  ),
  http(
    "a denied body with a ruled request in it",
    `${lines("POST / HTTP/1.1", host(OTHER), `Content-Length: ${SMUGGLED.length}`)}${SMUGGLED}`,
  ),
  http(
    "a ruled body with a request for another host in it",
    `${lines(...BODY, "Content-Length: 44")}${lines(GET, host(OTHER)).padEnd(44, "x").slice(0, 44)}`,
    REACHES,
  ),
  http("ruled, then another host, at once", lines(GET, host(RULED)) + lines(GET, host(OTHER)), REACHES),
  http("another host, then ruled, at once", lines(GET, host(OTHER)) + lines(GET, host(RULED)), REACHES),
  http("a folded header", lines(GET, host(RULED), "X-A: 1\r\n  2"), REACHES),
  http("a folded `Host`", lines(GET, `Host:\r\n ${RULED}`), REACHES),
  http("a `Host` folded in the middle", lines(GET, `Host: ${OTHER}\r\n .example.com`)),
  http("bare CR in `Host`", lines(GET, `Host: ${RULED}\rX-A: ${OTHER}`)),
  http("bare LF", `${GET}\nHost: ${RULED}\n\n`, REACHES),
  http("bare LF, another host", `${GET}\nHost: ${OTHER}\n\n`),
  http("bare CR in a header", lines(GET, host(RULED), `X-A: 1\rHost: ${OTHER}`), REACHES),
  http("NUL in a header", lines(GET, host(RULED), "X-A: 1\0")),
  http("a header without a name", lines(GET, host(RULED), ": 1")),
  http("a header without a colon", lines(GET, host(RULED), "nonsense")),
  http("bytes above 127 in a header's name", lines(GET, host(RULED), "X-\xe9: 1")),
  http("HTTP/0.9", "GET /\r\n\r\n"),
  http("HTTP/1.2", lines("GET / HTTP/1.2", host(RULED)), REACHES),
  http("HTTP/3.0", lines("GET / HTTP/3.0", host(RULED)), REACHES),
  http("two spaces in the request line", lines("GET  / HTTP/1.1", host(RULED)), REACHES),
  http("a method with a NUL", lines("G\0T / HTTP/1.1", host(RULED))),
  http("a path with `#`", lines("GET /#x HTTP/1.1", host(RULED))),
  http("a path of 200 KiB", lines(`GET /${"a".repeat(200 << 10)} HTTP/1.1`, host(RULED)), REACHES),
  http("a header of 300 KiB", lines(GET, host(RULED), `X-A: ${"a".repeat(300 << 10)}`)),
  http("1,100 headers", lines(GET, host(RULED), ...Array.from({ length: 1_100 }, (_, i) => `X-${i}: 1`))),
  http(
    "`Expect: 100-continue`, another host",
    lines("POST / HTTP/1.1", host(OTHER), "Content-Length: 5", "Expect: 100-continue"),
  ),
  http("garbage where HTTP is ruled", "\x00\x01\x02garbage\r\n\r\n"),
  http("TLS where only HTTP is ruled", HELLO),
  http(
    "our own headers, forged",
    lines(GET, host(OTHER), "x-sallyport-dst: 10.0.0.1", "x-sallyport-protocol: HTTP/2", "x-sallyport-port: :80"),
  ),
  http(
    "WebSocket for another host, and frames at once",
    lines(
      GET,
      host(OTHER),
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ) + lines(GET, host(RULED)),
    REACHES,
  ),
  {
    name: "headers, a line a second, for ever",
    port: 80,
    steps: [
      { send: `${GET}\r\n` },
      ...Array.from({ length: 14 }, () => [{ pauseMs: 1_000 }, { send: "X-A: 1\r\n" }]).flat(),
    ],
    waitMs: 3_000,
  },
  {
    name: "a ruled body, a byte each 100 ms",
    port: 80,
    steps: [{ send: lines(...BODY, "Content-Length: 40") }, { send: "x".repeat(40), bytes: 1, everyMs: 100 }],
    mayReach: true,
  },
];

const h2 = (name: string, steps: readonly Step[], more: Partial<Row> = {}): Row => ({
  name,
  port: 80,
  steps,
  http2: true,
  ...more,
});
const streams = (count: number, one: (stream: number) => string): string =>
  Array.from({ length: count }, (_, i) => one(2 * i + 1)).join("");
const FLOOD = { flood: true } as const;
/** Nothing is read while it is sent. */
const deaf = (text: string): readonly Step[] => [
  { send: OPENING },
  { deaf: true },
  { send: text },
  { pauseMs: 1_000 },
  { deaf: false },
];
const resets = (authority: string) =>
  streams(5_000, (stream) => get(stream, authority) + frame(TYPES.reset, 0, stream, "\0\0\0\x08"));
const opened = (text: string): readonly Step[] => [{ send: OPENING }, { send: text }];
const FIRST = FLAGS.endHeaders | FLAGS.endStream;

const HTTP2: readonly Row[] = [
  h2("5,000 requests, each reset at once", opened(resets(OTHER)), FLOOD),
  h2("5,000 ruled requests, each reset at once", opened(resets(RULED)), { ...REACHES, ...FLOOD }),
  h2("20,000 settings, and nothing read", deaf(frame(TYPES.settings, 0, 0).repeat(20_000)), FLOOD),
  h2("20,000 pings, and nothing read", deaf(frame(TYPES.ping, 0, 0, "12345678").repeat(20_000)), FLOOD),
  h2("1,000 priority frames", opened(frame(TYPES.priority, 0, 1, "\0\0\0\0\x10").repeat(1_000)), FLOOD),
  h2("100,000 window updates", opened(frame(TYPES.windowUpdate, 0, 0, "\0\0\0\x01").repeat(100_000)), FLOOD),
  h2(
    "headers that never end: 100,000 continuations",
    opened(
      frame(TYPES.headers, 1, 1, request(RULED)) +
        frame(TYPES.continuation, 0, 1, fields([["x-a", "1"]])).repeat(100_000),
    ),
    FLOOD,
  ),
  h2("headers that never end, and silence", opened(frame(TYPES.headers, 1, 1, request(RULED))), { waitMs: LONG }),
  h2(
    "300 KiB of headers",
    opened(
      frame(TYPES.headers, 1, 1, request(RULED)) +
        Array.from({ length: 20 }, (_, i) =>
          frame(TYPES.continuation, i === 19 ? 4 : 0, 1, fields([[`x-${i}`, "a".repeat(15_000)]])),
        ).join(""),
    ),
  ),
  h2(
    "1,100 headers, HTTP/2",
    opened(
      frame(
        TYPES.headers,
        FIRST,
        1,
        request(RULED, ...Array.from({ length: 1_100 }, (_, i) => [`x-${i}`, "1"] as const)),
      ),
    ),
  ),
  h2(
    "1,000 empty data frames",
    opened(
      frame(
        TYPES.headers,
        FLAGS.endHeaders,
        1,
        fields([
          [":method", "POST"],
          [":scheme", "http"],
          [":path", "/"],
          [":authority", RULED],
        ]),
      ) + frame(TYPES.data, 0, 1).repeat(1_000),
    ),
    { ...REACHES, ...FLOOD },
  ),
  h2("two `:authority`, the first one ruled", opened(get(1, RULED, [":authority", OTHER]))),
  h2("`host` beside `:authority`, another", opened(get(1, RULED, ["host", OTHER])), REACHES),
  h2("`:authority` another, `host` ruled", opened(get(1, OTHER, ["host", RULED]))),
  h2("`:authority: other,ruled`", opened(get(1, `${OTHER},${RULED}`))),
  h2(
    "no `:authority`, `host` another",
    opened(
      frame(
        TYPES.headers,
        FIRST,
        1,
        fields([
          [":method", "GET"],
          [":scheme", "http"],
          [":path", "/"],
          ["host", OTHER],
        ]),
      ),
    ),
  ),
  h2("a name in upper case", opened(get(1, RULED, ["X-A", "1"]))),
  h2("`connection` over HTTP/2", opened(get(1, RULED, ["connection", "close"]))),
  h2("`transfer-encoding` over HTTP/2", opened(get(1, RULED, ["transfer-encoding", "chunked"]))),
  h2("a line break in a value", opened(get(1, RULED, ["x-a", `1\r\nhost: ${OTHER}`]))),
  h2(
    "a body longer than `content-length`",
    opened(
      frame(
        TYPES.headers,
        FLAGS.endHeaders,
        1,
        fields([
          [":method", "POST"],
          [":scheme", "http"],
          [":path", "/"],
          [":authority", RULED],
          ["content-length", "1"],
        ]),
      ) + frame(TYPES.data, FLAGS.endStream, 1, "xxxx"),
    ),
    REACHES,
  ),
  h2("a frame longer than allowed", opened(frame(TYPES.data, 0, 1, "x".repeat(20_000)))),
  h2("1,000 requests for another host at once", opened(streams(1_000, (stream) => get(stream, OTHER)))),
  h2("half of a preface", [{ send: "PRI * HTTP/2.0\r\n\r\n" }], { waitMs: LONG }),
];

const own = (name: string, to: string, port: number): Row => ({ name, to, port, steps: send(HELLO) });

/** In mode All, where rules would admit them. */
export const OWN: readonly Row[] = [
  own("the inspecting listener, by 127.0.0.1", "127.0.0.1", 15_001),
  own("the other listener, by 127.0.0.1", "127.0.0.1", 15_003),
  own("the inspecting listener, by ::1", "::1", 15_001),
  own("the inspecting listener, by another loopback address", "127.0.0.2", 15_001),
  own("the inspecting listener, by the workload's own address", "100.64.78.2", 15_001),
  own("the other listener, by the workload's own address", "100.64.78.2", 15_003),
  own("the inspecting listener, by the workload's own IPv6 address", "fd5a:78::2", 15_001),
];

export const ROWS: readonly Row[] = [...TLS, ...HTTP1, ...HTTP2];
