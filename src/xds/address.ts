/** Where a server listens, or a client connects: a path socket, or a port on this host. Nothing else yet. */
import { chmodSync, lstatSync, mkdirSync, rmSync } from "node:fs";
import { connect, isIPv4, isIPv6 } from "node:net";
import { dirname, resolve } from "node:path";

export type Address =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/** `ok: false` carries one line that says what is wrong and what to write instead. */
export type ParsedAddress =
  | { readonly ok: true; readonly value: Address }
  | { readonly ok: false; readonly message: string };

/** The kernel's limit for a socket's path, without the closing zero. */
const MAX_PATH_BYTES = 107;

/**
 * `unix:PATH` or `HOST:PORT` with a host that is this host itself: `localhost`, 127.0.0.0/8 or `[::1]`. Everything
 * else is refused: without TLS and tokens, who reaches the port may read and write. Port 0: any free one.
 */
export function parseAddress(text: string): ParsedAddress {
  if (text.startsWith("unix:")) return parsePath(text.slice("unix:".length));
  const found = /^(?:\[(?<v6>[^\]]*)\]|(?<v4>[^:]*)):(?<port>\d{1,5})$/.exec(text)?.groups;
  const port = Number(found?.port);
  const host = (found?.v6 ?? found?.v4 ?? "").toLowerCase();
  if (found === undefined || host === "" || port > 65_535) {
    return refuse(`\`${text}\` is no address: write \`unix:PATH\` or \`127.0.0.1:PORT\``);
  }
  if (found.v6 !== undefined ? !isLoopbackV6(host) : !isLoopbackV4(host)) {
    return refuse(
      `\`${text}\` can be reached from other hosts, which needs TLS and tokens (not supported yet): ` +
        "write `unix:PATH` or `127.0.0.1:PORT`",
    );
  }
  return { ok: true, value: { kind: "tcp", host, port } };
}

const isLoopbackV4 = (host: string): boolean => host === "localhost" || (isIPv4(host) && host.startsWith("127."));
const isLoopbackV6 = (host: string): boolean => isIPv6(host) && /^(0*:)*:?0*1$/.test(host);

function parsePath(written: string): ParsedAddress {
  if (written === "") return refuse("`unix:` lacks a path: write `unix:PATH`");
  if (written.includes("\0")) return refuse("a socket's path cannot contain a zero byte");
  const path = resolve(written);
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_PATH_BYTES) {
    return refuse(
      `\`${path}\` is ${bytes} bytes long, a socket's path at most ${MAX_PATH_BYTES}: choose a shorter one`,
    );
  }
  return { ok: true, value: { kind: "unix", path } };
}

const refuse = (message: string): ParsedAddress => ({ ok: false, message });

/** As `parseAddress` reads it. */
export function formatAddress(address: Address): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/**
 * Make way for a socket at `path`: its folder exists (a new one is 0700), and what a process that is gone left there
 * is removed. Rejects if a process listens there, or if it is no socket.
 */
export async function claimSocketPath(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`\`${path}\` exists and is no socket: remove it, or choose another path`);
  if (await answers(path)) throw new Error(`a process already listens on \`${path}\`: stop it, or choose another path`);
  rmSync(path, { force: true });
}

/** To be called right after listening: only this user may connect. */
export const protectSocket = (path: string): void => chmodSync(path, 0o600);

/** Whether somebody accepts connections at `path`. A socket whose process is gone refuses them. */
function answers(path: string): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      settle(true);
    });
    // Anything but a refusal (a full backlog, no permission) means that somebody may be there.
    socket.once("error", (error: NodeJS.ErrnoException) =>
      settle(error.code !== "ECONNREFUSED" && error.code !== "ENOENT"),
    );
  });
}
