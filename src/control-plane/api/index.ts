/** The REST API: resources under Kuma's paths, what proxies enforce and have accepted, health. */
export { type ApiSettings, buildApi, type RunningApi, serveApi } from "./server.ts";
