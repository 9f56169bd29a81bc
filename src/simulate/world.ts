import type { RouteConfiguration } from "../gen/envoy/config/route/v3/route_pb.js";
import type { Fault } from "./unpack.ts";

/**
 * What becomes of a connection or request: it goes on to its destination, it is closed, or Envoy answers it with a status
 * of its own. `unclear`: Envoy's behaviour is not defined.
 */
export type Answer = "admitted" | "closed" | "unclear" | number;

/** What chains refer to. */
export interface World {
  readonly routes: ReadonlyMap<string, RouteConfiguration>;
  /** Names of clusters that go to the original destination. */
  readonly clusters: ReadonlySet<string>;
  readonly fault: Fault;
}
