import type { Protocol } from "../../policy/model/index.ts";

const portText = (port: number): string => (port === 0 ? "*" : `${port}`);

/** `meshpassthrough_tls_*.example.org_443`; port 0 is written `*`. */
export const clusterName = (protocol: Protocol, value: string, port: number): string =>
  `meshpassthrough_${protocol}_${value}_${portText(port)}`;

/** As the cluster; without the value for the domains of an L7 protocol, and where it is the protocol's own name. */
export const chainName = (protocol: Protocol, value: string, port: number): string =>
  value === "" || value === protocol
    ? `meshpassthrough_${protocol}_${portText(port)}`
    : clusterName(protocol, value, port);

/** In names of statistics. */
export const statName = (name: string): string => name.replace(/[^A-Za-z0-9_-]/g, "_");
