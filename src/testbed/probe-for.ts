import { type ConnectionText, formatConnection } from "../policy/model/index.ts";
import { formatIp, type IpAddress } from "../policy/net/index.ts";
import type { HeaderList, Probe, Speech } from "./probe.ts";

/**
 * The probe that makes a connection as its text says. `ip` overrides the text's address and is needed where it has
 * none. Throws for what cannot be sent: HTTP/2 without `:authority`, and a connection without any address.
 */
export function probeFor(connection: ConnectionText, ip: IpAddress | undefined = connection.destination.ip): Probe {
  if (ip === undefined)
    throw new Error(`\`${formatConnection(connection)}\` needs an address to connect to: add \`@ip\``);
  return { to: { ip: formatIp(ip), port: connection.destination.port }, speech: speechOf(connection) };
}

function speechOf(connection: ConnectionText): Speech {
  if (connection.kind === "opaque") return { kind: "bytes", send: "sallyport testbed\n" };
  if (connection.kind === "tls") return tlsSpeech(connection.serverName);
  const { host, scheme, version } = connection;
  if (version !== "2") {
    const headers: HeaderList = host === undefined ? [] : [["Host", host]];
    return scheme === "ws" ? { kind: "websocket", headers } : { kind: "http1", requests: [{ version, headers }] };
  }
  if (host === undefined)
    throw new Error(`\`${formatConnection(connection)}\`: HTTP/2 without \`:authority\` cannot be sent`);
  return { kind: "http2", requests: [connection.isGrpc ? { ...GRPC_CALL, authority: host } : { authority: host }] };
}

/** A call with one empty message. */
export const GRPC_CALL = {
  method: "POST",
  target: "/testbed.Echo/Call",
  headers: [
    ["content-type", "application/grpc"],
    ["te", "trailers"],
  ],
  body: "\0\0\0\0\0",
} as const;

/** A name that TLS libraries refuse or would change goes out in a hand-made hello, as UTF-8. */
function tlsSpeech(serverName: string | undefined): Speech {
  if (serverName === undefined) return { kind: "tls" };
  if (/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i.test(serverName) && !/^[\d.]+$/.test(serverName))
    return { kind: "tls", serverName };
  return { kind: "hello", hello: { serverName: Buffer.from(serverName).toString("latin1") } };
}
