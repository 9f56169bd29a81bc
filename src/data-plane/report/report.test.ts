import { Writable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LOG_LINES, LOG_SEPARATOR, type LogField } from "../../compile/envoy/index.ts";
import { type EffectivePolicy, parseRule } from "../../policy/model/index.ts";
import { deniedLine, judge } from "./denied-line.ts";
import { lineSink } from "./line-sink.ts";
import { type LogEvent, readEvent } from "./log-event.ts";
import { readRecord } from "./log-record.ts";
import { openConnections } from "./open-connections.ts";
import { refusalOf } from "./refusal.ts";

type Tags = Readonly<Record<string, string>>;

/** A record as Envoy writes it: every field of its place, `-` where there is nothing. */
function lineOf(tags: Tags): string {
  const place = tags.type === "TcpUpstreamConnected" ? "tcp" : tags.type === "NotSet" ? "connection" : "http";
  return LOG_LINES[place].map((field) => tags[field] ?? "-").join(LOG_SEPARATOR);
}

const BASE = {
  own: "127.0.0.1:15001",
  peer: "10.0.0.1:40000",
  dst: "203.0.113.7:443",
  start: `${Date.parse("2026-11-22T02:24:08.050Z")}`,
};
const ENDED = { ...BASE, type: "NotSet", ms: "3" };
const REQUEST = {
  ...BASE,
  dst: "203.0.113.7:80",
  type: "DownstreamEnd",
  chain: "http-80",
  proto: "HTTP/1.1",
  host: "A.Test:80",
  code: "200",
};

function event(tags: Tags): LogEvent {
  const record = readRecord(lineOf(tags));
  const found = record && readEvent(record);
  if (found === undefined) throw new Error("no event");
  return found;
}

describe("records", () => {
  test("come from lines of each place; nothing, `-` and what is not of the place are absent", () => {
    const fields = (tags: Tags) =>
      ["sni", "host", "chain"].map((name) => readRecord(lineOf(tags))?.field(name as LogField));
    expect(fields({ ...ENDED, sni: "a.test", chain: "" })).toEqual(["a.test", undefined, undefined]);
    expect(fields({ ...REQUEST, host: "a\tb" })).toEqual([undefined, "a\tb", undefined]);
  });

  test("law: a line that is not whole is no record, and nothing breaks the reader", () => {
    const lines = [lineOf(REQUEST), lineOf(ENDED), lineOf({ ...BASE, type: "TcpUpstreamConnected" })];
    fc.assert(
      fc.property(fc.constantFrom(...lines), fc.integer({ min: 1, max: 200 }), fc.string(), (line, at, noise) => {
        const torn = line.slice(0, at);
        const whole = torn.split(LOG_SEPARATOR).length === line.split(LOG_SEPARATOR).length;
        if (!whole) expect(readRecord(torn)).toBeUndefined();
        expect(readRecord(`${line}${LOG_SEPARATOR}`)).toBeUndefined();
        expect(readRecord(torn + line)).toBeUndefined();
        readRecord(noise)?.field("sni");
      }),
    );
  });

  test.each([
    { ...ENDED, own: "nonsense" },
    { ...ENDED, start: "" },
    { ...ENDED, type: "Other" },
  ])("one that says too little is no event: %o", (tags) => {
    const record = readRecord(lineOf(tags));
    expect(record && readEvent(record)).toBeUndefined();
  });

  test("a request has the facts that routes look at", () => {
    const facts = (tags: Tags) => {
      const found = event({ ...REQUEST, ...tags });
      return found.kind === "request ended" ? found.request : undefined;
    };
    expect(facts({})).toMatchObject({ kind: "http", version: "1.1", host: "a.test", isGrpc: false });
    expect(facts({ proto: "HTTP/1.0", host: "-" })).not.toHaveProperty("host");
    expect(facts({ proto: "HTTP/2", ctype: "application/grpc;x" })).toMatchObject({ version: "2", isGrpc: true });
    expect(facts({ proto: "HTTP/2", ctype: "application/grpcx" })).toMatchObject({ isGrpc: false });
    expect(facts({ proto: "HTTP/1.1", ctype: "application/grpc" })).toMatchObject({ isGrpc: false });
  });
});

describe("what did not get out", () => {
  const refusal = (tags: Tags) => refusalOf(event(tags), 5_000);

  test.each<[string, Tags, object | undefined]>([
    ["a connection that a chain took", { ...ENDED, chain: "pass-3" }, undefined],
    [
      "TLS with a name",
      { ...ENDED, flags: "NR", sni: "Evil.test" },
      { answer: "reset", name: "Evil.test", by: { was: { kind: "tls", serverName: "evil.test" } } },
    ],
    ["TLS without", { ...ENDED, flags: "NR" }, { answer: "reset", by: { was: { kind: "tls" } } }],
    ["silence", { ...ENDED, flags: "NR", ms: "4999" }, { answer: "closed", by: { was: { kind: "opaque" } } }],
    [
      "bytes",
      { ...ENDED, flags: "NR", why: "TLS_error|…WRONG_VERSION_NUMBER" },
      { answer: "reset", by: { was: { kind: "opaque" } } },
    ],
    [
      "plaintext HTTP",
      { ...ENDED, flags: "NR", why: "TLS_error|…HTTP_REQUEST:TLS_error_end" },
      { by: { was: { kind: "http" } } },
    ],
    ["a hello that is too large", ENDED, { answer: "reset", by: { kind: "envoy" } }],
    [
      "the proxy itself",
      { ...ENDED, chain: "refuse-local" },
      { answer: "reset", by: { kind: "envoy", why: /itself/ } },
    ],
    ["a request that was answered", { ...REQUEST, up: "203.0.113.7:80", details: "via_upstream" }, undefined],
    [
      "one to a dead destination",
      { ...REQUEST, flags: "UF", code: "503", details: "upstream_reset_before_response_started" },
      undefined,
    ],
    ["one whose client gave up", { ...REQUEST, code: "0", details: "downstream_remote_disconnect" }, undefined],
    [
      "a denied request",
      { ...REQUEST, code: "503", details: "rbac_access_denied_matched_policy[none]" },
      { answer: "503", name: "A.Test:80", by: { was: { kind: "http", host: "a.test" } } },
    ],
    [
      "a denied call",
      { ...REQUEST, proto: "HTTP/2", ctype: "application/grpc", details: "rbac_access_denied_matched_policy[none]" },
      { answer: "grpc-14" },
    ],
    [
      "CONNECT",
      { ...REQUEST, code: "403", details: "upgrade_failed" },
      { answer: "403", by: { kind: "envoy", why: /CONNECT/ } },
    ],
    [
      "garbage",
      { ...REQUEST, code: "400", flags: "DPE", details: "http1.codec_error" },
      { answer: "400", by: { kind: "envoy", why: /well-formed/ } },
    ],
    [
      "headers without end",
      { ...REQUEST, code: "431", details: "http1.headers_too_large" },
      { answer: "431", by: { kind: "envoy", why: /too large/ } },
    ],
    [
      "headers too late",
      { ...REQUEST, code: "408", details: "request_header_timeout" },
      { answer: "408", by: { kind: "envoy", why: /in time/ } },
    ],
    [
      "something new",
      { ...REQUEST, code: "418", details: "teapot" },
      { answer: "418", by: { kind: "envoy", why: /teapot/ } },
    ],
  ])("%s", (_, tags, wanted) => {
    const got = refusal(tags);
    if (wanted === undefined) expect(got).toBeUndefined();
    else expect(got).toMatchObject(asMatchers(wanted));
  });

  /** Regular expressions inside an object, as matchers. */
  function asMatchers(value: object): object {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        if (inner instanceof RegExp) return [key, expect.stringMatching(inner)];
        return [key, typeof inner === "object" && inner !== null ? asMatchers(inner) : inner];
      }),
    );
  }
});

describe("a line", () => {
  const source = { mesh: "default", name: "p", displayName: "p", index: 0 };
  const rule = parseRule({ type: "Domain", value: "a.test", protocol: "tls", port: 443 });
  if (!rule.ok) throw new Error("impossible");
  const policy: EffectivePolicy = {
    enforced: true,
    mode: { value: "Matched", source },
    rules: [{ value: rule.value, source }],
  };
  const none: EffectivePolicy = { enforced: true, mode: { value: "None", source: "default" }, rules: [] };
  const owner = { mesh: "default", workload: "web-1", record: 7 };
  const denied = (tags: Tags, ...policies: Parameters<typeof judge>) => {
    const refused = refusalOf(event({ ...ENDED, flags: "NR", ...tags }), 5_000);
    if (refused === undefined) throw new Error("not refused");
    return deniedLine(refused, owner, judge(...policies)).line;
  };

  test("says who, when, where, what, the answer, and the reason with its rules", () => {
    expect(denied({ sni: "evil.test" }, policy, undefined)).toEqual({
      kind: "denied",
      time: "2026-11-22T02:24:08.050Z",
      ...owner,
      destination: "203.0.113.7:443",
      name: "evil.test",
      answer: "reset",
      transport: "tls",
      connection: "tls://evil.test:443@203.0.113.7",
      reason: ["no rule admits it", "p#0 would admit it if the server name were a.test"],
      rules: ["p#0"],
    });
  });

  test("of a connection that was denied before a change says so", () => {
    expect(denied({ sni: "a.test" }, policy, none).reason[0]).toMatch(/before the last change/);
    expect(denied({ sni: "a.test" }, policy, "no policy yet").reason).toEqual([expect.stringMatching(/no policy/)]);
    expect(denied({ sni: "a.test" }, "no policy yet", undefined).reason).toEqual([expect.stringMatching(/no policy/)]);
  });

  test("tells when Envoy and the rules do not agree", () => {
    expect(denied({ sni: "a.test" }, policy, undefined).reason[0]).toMatch(/envoy denied what the policy admits/);
  });
});

describe("lines", () => {
  const megabyte = { text: "x".repeat(1 << 20) };

  /** A reader that takes nothing until it is told to. */
  function slowReader() {
    let text = "";
    let waiting: (() => void) | undefined;
    let isAwake = false;
    const stream = new Writable({
      write(part, _encoding, done) {
        text += part;
        if (isAwake) done();
        else waiting = done;
      },
    });
    const wake = async () => {
      isAwake = true;
      waiting?.();
      await new Promise((resolve) => setTimeout(resolve, 10));
    };
    return { stream, wake, tail: () => text.slice(-60).replaceAll("x", "") };
  }

  test("are dropped and counted, not kept, when nobody reads them; and the next reader is told", async () => {
    const { stream, wake, tail } = slowReader();
    const sink = lineSink(stream, true);
    for (let i = 0; i < 10; i++) sink.write(megabyte);
    expect(sink.lost).toBe(6);
    expect(stream.writableLength).toBeLessThan(5 << 20);
    await wake();
    sink.write({ last: true });
    sink.write({ last: 2 });
    expect(tail()).toBe('"}\n{"kind":"lost","lines":6}\n{"last":true}\n{"last":2}\n');
  });

  test("are dropped and counted when there is no reader any more", async () => {
    const { stream } = slowReader();
    const sink = lineSink(stream, true);
    stream.on("error", () => {}).destroy(new Error("gone"));
    sink.write(megabyte);
    expect(sink.lost).toBe(1);
    await sink.close();
  });
});

describe("open connections", () => {
  const connected = (peer: string, sni?: string) =>
    event({ ...BASE, peer, type: "TcpUpstreamConnected", chain: "pass-1", ...(sni !== undefined && { sni }) });
  const started = (start: string) => event({ ...REQUEST, start, type: "DownstreamStart" });
  const finished = (start: string) => event({ ...REQUEST, start });
  const [first, second] = ["1795314248050", "1795314248051"];

  test("are known from beginning to end", () => {
    const open = openConnections(10);
    expect(open.take(connected("10.0.0.1:1", "a.test"))).toMatchObject({ serverName: "a.test" });
    open.take(connected("10.0.0.1:2"));
    open.take(event({ ...ENDED, peer: "10.0.0.1:1" }));
    expect([...open.passed()].map(({ pair }) => pair.peer.port)).toEqual([2]);
    expect(open.size).toBe(1);
  });

  test("stay known when the end of an earlier one with the same ports comes late", () => {
    const open = openConnections(10);
    open.take(connected("10.0.0.1:1", "a.test"));
    open.take(event({ ...ENDED, peer: "10.0.0.1:1", start: `${Number(first) - 8_000}` }));
    expect(open.size).toBe(1);
  });

  test("with requests are known while one runs; equal requests are counted", () => {
    const open = openConnections(10);
    for (const start of [first, first, second]) open.take(started(start));
    expect(open.http()[0]?.requests).toHaveLength(2);
    open.take(finished(first));
    expect(open.http()[0]?.requests).toHaveLength(2);
    open.take(finished(first));
    expect(open.http()[0]?.requests).toHaveLength(1);
    open.take(finished(second));
    open.take(finished(second));
    expect(open.size).toBe(0);
  });

  test("beyond the limit are counted, not kept", () => {
    const open = openConnections(1);
    open.take(connected("10.0.0.1:1"));
    expect(open.take(connected("10.0.0.1:2"))).toBeUndefined();
    expect([open.size, open.overlooked]).toEqual([1, 1]);
  });

  test("that the kernel no longer has are forgotten, but not those that are newer than the look", () => {
    const open = openConnections(10);
    open.take(connected("10.0.0.1:1"));
    open.retain(new Set(), Number(first));
    expect(open.size).toBe(1);
    open.retain(new Set(), Number(second));
    expect(open.size).toBe(0);
  });
});
