/**
 * The data plane of one workload: its redirection, its Envoy, and the agent that keeps both to the policy.
 *
 *   control plane ─▶ agent ─▶ Envoy (xDS), kernel (nft sets) ◀─ the workload's connections
 *                      ▲─ access log, sockets ─┘
 */
export type { SidecarStatus } from "./agent/index.ts";
export type { Identity } from "./host/index.ts";
export type { ConnectionsView, FateView, LiveImpactView } from "./live-views.ts";
export type { SidecarSettings } from "./settings.ts";
export { type Sidecar, start } from "./start.ts";
