import { rmSync } from "node:fs";
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from "fastify";
import type { LabelContext } from "../../policy/labels/index.ts";
import type { RevocationMode } from "../../policy/model/index.ts";
import { type Address, claimSocketPath, formatAddress, parseAddress, protectSocket } from "../../xds/index.ts";
import type { Log } from "../log/index.ts";
import type { Registry } from "../registry/index.ts";
import type { StatusBook } from "../status/index.ts";
import type { Store } from "../store/index.ts";
import { type ErrorAnswer, errorAnswer, RequestError, refuse } from "./error-answer.ts";
import { addImpactRoutes } from "./impact-routes.ts";
import { addInspectRoutes } from "./inspect-routes.ts";
import { addReadRoutes } from "./read-routes.ts";
import { addWriteRoutes } from "./write-routes.ts";

export interface ApiSettings {
  readonly store: Store;
  readonly registry: Registry;
  readonly status: StatusBook;
  readonly context: LabelContext;
  /** Of open connections that a change forbids, where the policies say nothing; absent: as each sidecar is set. */
  readonly revocation?: RevocationMode;
  readonly log: Log;
}

export interface RunningApi {
  readonly address: Address;
  /** Requests that are being answered are answered, new ones are not taken. */
  stop(): Promise<void>;
}

export interface BuiltApi {
  readonly app: FastifyInstance;
  /** What it answers, as `GET /meshes/:mesh`; everything else is 404 or 405. */
  readonly routes: readonly string[];
}

/** The largest body: some fifty thousand rules. */
const BODY_BYTES = 16 * 1024 * 1024;
const REQUEST_MS = 30_000;
const METHODS = ["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH"];

/**
 * Serve the API, plaintext, on a path socket or on loopback. Rejects with one line that says why if the address is
 * taken or cannot be bound.
 */
export async function serveApi(listen: Address, settings: ApiSettings): Promise<RunningApi> {
  const { app } = buildApi(settings);
  if (listen.kind === "tcp") onlyLocalNames(app);
  if (listen.kind === "unix") await claimSocketPath(listen.path);
  try {
    await app.listen(listen.kind === "unix" ? { path: listen.path } : { host: listen.host, port: listen.port });
  } catch (error) {
    await app.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`cannot listen on \`${formatAddress(listen)}\`: ${reason}`);
  }
  if (listen.kind === "unix") protectSocket(listen.path);
  const bound = app.server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  return {
    address: listen.kind === "unix" ? listen : { ...listen, port },
    async stop() {
      await app.close();
      if (listen.kind === "unix") rmSync(listen.path, { force: true });
    },
  };
}

/** All routes, not listening yet. Every answer is JSON; no fault of ours shows more than that it is one. */
export function buildApi({ store, registry, status, context, revocation, log }: ApiSettings): BuiltApi {
  const app = Fastify({
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_MS,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 1_024, ignoreTrailingSlash: true },
    frameworkErrors: (error, _request, reply) => answer(reply as FastifyReply, answerTo(error, log)),
  });
  // Bodies stay bytes: the resource reader finds faults at their places in the text as it was sent.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error: FastifyError, _request, reply) => answer(reply, answerTo(error, log)));
  app.setNotFoundHandler((request, reply) =>
    answer(reply, errorAnswer(404, "Not found", `there is nothing at \`${request.url}\``)),
  );
  const methods = collectMethods(app);
  app.get("/health", async () => ({ status: "up" }));
  app.get("/ready", async () => {
    const problems = registry.problems();
    if (problems.length === 0) return { status: "ready" };
    throw refuse(503, "Not ready", problems.map(({ message }) => message).join("; "));
  });
  addReadRoutes(app, store.view);
  addWriteRoutes(app, store, context);
  addInspectRoutes(app, store.view, registry, status);
  addImpactRoutes(app, { view: store.view, registry, context, revocation });
  const routes = [...methods].flatMap(([url, taken]) => [...taken].map((method) => `${method} ${url}`));
  refuseOtherMethods(app, methods);
  return { app, routes };
}

/** From now on, the methods of each path that gets a route. */
function collectMethods(app: FastifyInstance): Map<string, Set<string>> {
  const methods = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    methods.set(url, new Set([...(methods.get(url) ?? []), ...[method].flat()]));
  });
  return methods;
}

/** A path that exists answers 405 to what it does not take, and says what it does. */
function refuseOtherMethods(app: FastifyInstance, methods: ReadonlyMap<string, ReadonlySet<string>>): void {
  for (const [url, taken] of [...methods]) {
    const allowed = [...taken].join(", ");
    app.route({
      url,
      method: METHODS.filter((method) => !taken.has(method)),
      handler: async (request, reply) => {
        reply.header("allow", allowed);
        throw refuse(405, "Method not allowed", `${request.method} is not possible here; possible are ${allowed}`);
      },
    });
  }
}

/**
 * A page in a browser on this host can reach loopback under a name of its own (DNS rebinding), and there is no other
 * protection yet: only requests that name this host are answered.
 */
function onlyLocalNames(app: FastifyInstance): void {
  app.addHook("onRequest", async (request) => {
    const host = request.headers.host ?? "";
    if (parseAddress(/:\d+$/.test(host) ? host : `${host}:80`).ok) return;
    const detail = `the request is for the host \`${host}\`: use \`localhost\` or \`127.0.0.1\``;
    throw refuse(421, "Misdirected request", detail);
  });
}

const answer = (reply: FastifyReply, body: ErrorAnswer): void => void reply.code(body.status).send(body);

function answerTo(error: Error & { readonly statusCode?: number }, log: Log): ErrorAnswer {
  if (error instanceof RequestError) return error.answer;
  const status = error.statusCode ?? 500;
  if (status === 413) return errorAnswer(413, "Payload too large", `the body is larger than ${BODY_BYTES} bytes`);
  if (status < 500) return errorAnswer(status, "Bad Request", error.message);
  log.error({ error: error.stack ?? error.message }, `a request failed: ${error.message}`);
  return errorAnswer(500, "Internal error", "the request failed; the log of the control plane says why");
}
