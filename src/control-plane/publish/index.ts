/** What goes out over xDS: effective policies to agents, compiled configuration to an Envoy without one. */
export { Publisher } from "./publisher.ts";
