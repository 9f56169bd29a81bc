import { connect, createServer, type Server } from "node:net";

/** `unknown`: this host has no route that a connection to the outside could have taken. */
export type FunctionalCheck =
  | { readonly kind: "redirected" }
  | { readonly kind: "unknown"; readonly why: string }
  | { readonly kind: "not redirected"; readonly why: string };

/** Reserved for documentation (RFC 5737): nobody is there, whatever the network. */
const NOWHERE = { host: "192.0.2.1", port: 9 };
const PATIENCE_MS = 500;

/**
 * Open one connection to the outside, as the workload would, and see whether it ends on `port`, where everything goes
 * that no set names. It listens there itself, so it can only look while Envoy does not run.
 */
export async function checkRedirected(port: number): Promise<FunctionalCheck> {
  const server = await listenOn(port);
  if (server === undefined) return { kind: "unknown", why: `another process listens on port ${port}` };
  try {
    return await tryConnection(server);
  } finally {
    server.close();
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

function tryConnection(server: Server): Promise<FunctionalCheck> {
  return new Promise((resolve) => {
    const socket = connect(NOWHERE);
    const finish = (outcome: FunctionalCheck) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const astray = (why: string) => finish({ kind: "not redirected", why: `a connection to ${NOWHERE.host} ${why}` });
    const timer = setTimeout(() => astray("did not arrive here"), PATIENCE_MS);
    server.on("connection", (accepted) => {
      accepted.on("error", () => {});
      const isOurs = accepted.remotePort === socket.localPort;
      accepted.destroy(); // the workload's own connections, should one come now, get nowhere either
      if (isOurs) finish({ kind: "redirected" });
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENETUNREACH" || error.code === "EADDRNOTAVAIL") finish({ kind: "unknown", why: error.code });
      else if (error.code !== "ECONNRESET") astray(`met ${error.code}`);
    });
  });
}
