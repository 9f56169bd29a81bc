import { agentBootstrap, bootstrapJson } from "../../compile/envoy/index.ts";

/** Sockets, as names in the folder that Envoy starts in: a relative path is never too long for a socket. */
export const ADMIN_SOCKET = "admin.sock";
/** Where the agent serves ADS and takes access logs. */
export const AGENT_SOCKET = "agent.sock";

export interface BootstrapSettings {
  readonly mesh: string;
  readonly name: string;
  /** Connections from the workload that may be open at a time; more are refused. */
  readonly maxConnections: number;
  readonly maxHeapBytes: number;
}

/**
 * Envoy's start-up configuration as JSON: where the agent is, and what it may use. Nothing in it depends on a policy,
 * so a change of rules never needs another Envoy.
 */
export const envoyBootstrap = ({ mesh, name, ...limits }: BootstrapSettings): string =>
  bootstrapJson(
    agentBootstrap({
      node: { id: `${mesh}/${name}`, cluster: mesh },
      adminPath: ADMIN_SOCKET,
      agentPath: AGENT_SOCKET,
      ...limits,
    }),
  );
