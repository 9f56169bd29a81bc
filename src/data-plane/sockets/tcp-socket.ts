import { formatIp, type IpAddress, type Port, parseIp, parsePort } from "../../policy/net/index.ts";

export interface Endpoint {
  readonly ip: IpAddress;
  readonly port: Port;
}

/** Both ends of a connection, as the process that owns the socket sees them. */
export interface TcpPair {
  readonly own: Endpoint;
  readonly peer: Endpoint;
}

export interface TcpSocket extends TcpPair {
  /** Tells a socket from a later one with the same addresses and ports. */
  readonly cookie: bigint;
  readonly uid: number;
}

/** `192.0.2.1:443` or `[2001:db8::1]:443`. */
export const formatEndpoint = ({ ip, port }: Endpoint): string =>
  ip.family === 4 ? `${formatIp(ip)}:${port}` : `[${formatIp(ip)}]:${port}`;

/** Read what {@link formatEndpoint} or Envoy writes; undefined for anything else. */
export function endpointOf(text: string): Endpoint | undefined {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(text);
  if (parts === null) return undefined;
  const ip = parseIp(parts[1] ?? parts[2] ?? "");
  const port = parsePort(parts[3] ?? "");
  return ip.ok && port.ok ? { ip: ip.value, port: port.value } : undefined;
}

/** One connection at a time has this key in one network namespace. */
export const tupleKey = ({ own, peer }: TcpPair): string => `${formatEndpoint(own)} ${formatEndpoint(peer)}`;
