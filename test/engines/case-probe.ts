/** From a case to the connection that a client really makes: the vocabulary of `send` and `arrives` in `test/cases`. */
import { z } from "zod";
import type { AssertionCase } from "../../src/policy/assert/index.ts";
import { formatIp, type IpAddress } from "../../src/policy/net/index.ts";
import {
  type Endpoint,
  GRPC_CALL,
  type HeaderList,
  type Http1Request,
  type Http2Request,
  type Probe,
  probeFor,
  type Speech,
} from "../../src/testbed/index.ts";

const text = z.string();
const number = z.number();

const Send = z.strictObject({
  /** The destination speaks first, the client says nothing. */
  serverFirst: z.boolean().optional(),
  /** Nothing listens at the destination. */
  dead: z.boolean().optional(),
  /** Connects to the v4-mapped form of the address. */
  mapped: z.boolean().optional(),
  /** Silence between connecting and the first byte. */
  silentMs: number.optional(),
  /** These bytes (latin1), whatever the connection is said to speak; empty: silence. */
  bytes: text.optional(),
  /** A hand-made ClientHello instead of a TLS library's. */
  hello: z
    .strictObject({ serverName: text.optional(), version: number.optional(), paddingBytes: number.optional() })
    .optional(),
  /** What is sent first goes out in pieces. */
  pieces: z.strictObject({ bytes: number, everyMs: number }).optional(),
  /** Adds a header of so many bytes. */
  headerBytes: number.optional(),
  /** As it stands in `Host` (each of several) or `:authority`. */
  hostHeader: z.union([text, z.array(text)]).optional(),
  method: text.optional(),
  target: text.optional(),
  headers: z.record(text, text).optional(),
  body: text.optional(),
  upgrade: text.optional(),
  /** More requests on the same connection, and what each is answered. */
  requests: z
    .array(z.strictObject({ hostHeader: text, answer: z.union([text, z.number()]).transform(String) }))
    .optional(),
});
export type Send = z.infer<typeof Send>;

const Arrives = z.strictObject({
  version: text.optional(),
  method: text.optional(),
  target: text.optional(),
  host: text.optional(),
  headers: z.record(text, text).optional(),
});
export type Arrives = z.infer<typeof Arrives>;

/** A case ready to be sent. */
export interface CaseProbe {
  readonly probe: Probe;
  readonly destination: Endpoint;
  readonly send: Send;
  readonly arrives: Arrives | undefined;
}

/** Longer than the inspection time-out (5 s) and shorter than the time for headers (10 s), which is waited for in pieces. */
const WAIT_MS = 6_500;

/** Throws for a case that asks for something that nobody knows. */
export function probeOfCase(one: AssertionCase): CaseProbe {
  const send = Send.parse(one.send ?? {});
  const arrives = one.arrives === undefined ? undefined : Arrives.parse(one.arrives);
  const { ip, port } = one.connection.destination;
  if (ip === undefined) throw new Error("a case needs an address");
  const to = { ip: send.mapped ? mapped(ip) : formatIp(ip), port };
  const { silentMs, pieces } = send;
  const probe: Probe = {
    to,
    speech: speechOf(one, send),
    waitMs: WAIT_MS,
    ...(silentMs === undefined ? {} : { silentMs }),
    ...(pieces === undefined ? {} : { pieces }),
  };
  return { probe, destination: { ip: formatIp(ip), port }, send, arrives };
}

const mapped = (ip: IpAddress): string => `::ffff:${formatIp(ip)}`;

function speechOf(one: AssertionCase, send: Send): Speech {
  const { connection } = one;
  if (send.hello !== undefined) {
    const { serverName, version, paddingBytes } = send.hello;
    return {
      kind: "hello",
      hello: {
        ...(serverName === undefined ? {} : { serverName }),
        ...(version === undefined ? {} : { version }),
        ...(paddingBytes === undefined ? {} : { paddingBytes }),
      },
    };
  }
  if (send.serverFirst) return { kind: "bytes", send: "" };
  if (send.bytes !== undefined) return { kind: "bytes", send: send.bytes };
  if (connection.kind !== "http") return probeFor(connection).speech;
  if (connection.version === "2") return http2(connection.host, connection.isGrpc, send);
  const isWebSocket = connection.scheme === "ws" || send.upgrade === "websocket";
  const host = hostsOf(connection.host, send);
  if (isWebSocket)
    return { kind: "websocket", headers: host, ...(send.target === undefined ? {} : { target: send.target }) };
  return http1(connection.version, host, send);
}

function hostsOf(host: string | undefined, { hostHeader = host }: Send): HeaderList {
  const hosts = hostHeader === undefined ? [] : [hostHeader].flat();
  return hosts.map((value) => ["Host", value] as const);
}

function http1(version: "1.0" | "1.1", hosts: HeaderList, send: Send): Speech {
  const { body, method, target, upgrade } = send;
  const given = Object.entries(send.headers ?? {});
  const isGiven = (name: string): boolean => given.some(([other]) => other.toLowerCase() === name.toLowerCase());
  const usual: HeaderList = [
    ...hosts,
    ...(body === undefined ? [] : [["Content-Length", String(body.length)] as const]),
    ...(upgrade === undefined ? [] : upgradeHeaders(upgrade)),
    ...(send.headerBytes === undefined ? [] : [["X-Large", "x".repeat(send.headerBytes)] as const]),
  ];
  const headers: HeaderList = [...usual.filter(([name]) => !isGiven(name)), ...given];
  const first: Http1Request = {
    version,
    headers,
    ...(method === undefined ? {} : { method }),
    ...(target === undefined ? {} : { target }),
    ...(body === undefined ? {} : { body }),
  };
  const more = (send.requests ?? []).map(({ hostHeader }) => ({ version, headers: [["Host", hostHeader]] as const }));
  return { kind: "http1", requests: [first, ...more] };
}

function upgradeHeaders(upgrade: string): HeaderList {
  const settings = upgrade === "h2c" ? ([["HTTP2-Settings", "AAMAAABkAAQAoAAAAAIAAAAA"]] as const) : [];
  const names = ["Upgrade", ...settings.map(([name]) => name)];
  return [["Connection", names.join(", ")], ["Upgrade", upgrade], ...settings];
}

function http2(host: string | undefined, isGrpc: boolean, send: Send): Speech {
  const authority = [send.hostHeader ?? host ?? []].flat();
  if (authority.length !== 1) throw new Error("HTTP/2 has exactly one `:authority`");
  const given = new Map(Object.entries(send.headers ?? {}));
  const grpc = isGrpc ? GRPC_CALL.headers.filter(([name]) => !given.has(name)) : [];
  const base = isGrpc ? GRPC_CALL : {};
  const first: Http2Request = {
    ...base,
    authority: authority[0] ?? "",
    headers: [...grpc, ...given],
    ...(send.method === undefined ? {} : { method: send.method }),
    ...(send.target === undefined ? {} : { target: send.target }),
    ...(send.body === undefined ? {} : { body: send.body }),
    ...(send.upgrade === undefined ? {} : { protocol: send.upgrade }),
  };
  const more = (send.requests ?? []).map(({ hostHeader }) => ({ ...base, authority: hostHeader }));
  return { kind: "http2", requests: [first, ...more] };
}
