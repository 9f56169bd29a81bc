import { randomBytes } from "node:crypto";
import { connect, createServer, type Server, type Socket } from "node:net";

/** `unknown`: this host has no route that a connection to the outside could have taken. */
export type FunctionalCheck =
  | { readonly kind: "redirected" }
  | { readonly kind: "unknown"; readonly why: string }
  | { readonly kind: "not redirected"; readonly why: string };

/** Reserved for documentation (RFC 5737): nobody is there, whatever the network. */
const NOWHERE = { host: "192.0.2.1", port: 9 };
const PATIENCE_MS = 500;

/**
 * Open one connection to the outside, as the workload would, and see whether it ends on one of `ports`, those of the
 * listeners. It listens there itself, so it can only look while Envoy does not run.
 */
export async function checkRedirected(ports: readonly number[]): Promise<FunctionalCheck> {
  const servers = await Promise.all(ports.map(listenOn));
  const listening = servers.filter((server) => server !== undefined);
  try {
    if (listening.length === ports.length) return await tryConnection(listening);
    return { kind: "unknown", why: `another process listens on port ${ports.join(" or ")}` };
  } finally {
    for (const server of listening) server.close();
  }
}

/** Undefined: somebody listens already. */
function listenOn(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ port, host: "127.0.0.1" }, () => resolve(server));
  });
}

function tryConnection(servers: readonly Server[]): Promise<FunctionalCheck> {
  return new Promise((resolve) => {
    const socket = connect(NOWHERE);
    const nonce = randomBytes(16);
    socket.on("connect", () => socket.write(nonce));
    const finish = (outcome: FunctionalCheck) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const astray = (why: string) => finish({ kind: "not redirected", why: `a connection to ${NOWHERE.host} ${why}` });
    const timer = setTimeout(() => astray("did not arrive here"), PATIENCE_MS);
    const arrived = (accepted: Socket) => {
      accepted.on("error", () => {});
      // By what it says: the kernel may have given it another source port on the way. The workload's own connections,
      // should one come now, get nowhere either.
      accepted.once("data", (bytes) => {
        accepted.destroy();
        if (bytes.equals(nonce)) finish({ kind: "redirected" });
      });
      accepted.setTimeout(PATIENCE_MS, () => accepted.destroy());
    };
    for (const server of servers) server.on("connection", arrived);
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENETUNREACH" || error.code === "EADDRNOTAVAIL") finish({ kind: "unknown", why: error.code });
      else if (error.code !== "ECONNRESET") astray(`met ${error.code}`);
    });
  });
}
