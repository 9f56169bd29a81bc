import type { IpAddress, Port } from "../net/index.ts";

/** Where a connection goes, as the transparent proxy learns it. */
export interface Destination {
  readonly ip: IpAddress;
  readonly port: Port;
}

/** All that a verdict may depend on. */
export type Connection = { readonly destination: Destination } & (
  | { readonly kind: "tls"; readonly serverName?: string } // as sent, lower case
  | {
      readonly kind: "http"; // one request
      readonly version: "1.0" | "1.1" | "2";
      readonly host?: string; // as `normalizeHost` returns it; absent where none was sent
      readonly isGrpc: boolean;
    }
  | { readonly kind: "opaque" } // anything else, or nothing sent yet
);
