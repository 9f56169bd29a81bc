import type { HeaderMatcher, Route, VirtualHost } from "../gen/envoy/config/route/v3/route_components_pb.js";
import type { RouteConfiguration } from "../gen/envoy/config/route/v3/route_pb.js";
import { RBACPerRouteSchema } from "../gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js";
import { type Access, ALLOW, accessOf } from "./access.ts";
import type { Facts } from "./arrival.ts";
import { readString } from "./predicate.ts";
import { typeOf, unpack } from "./unpack.ts";
import { virtualHostsOf } from "./virtual-hosts.ts";
import type { Answer, World } from "./world.ts";

/** What surrounds a route table. */
export interface Surroundings {
  readonly world: World;
  readonly header: (name: string, facts: Facts) => string | undefined;
  /** Status of what access control denies. */
  readonly denial: number;
  /** Name of the access control filter, and what it does where nothing overrides it; absent: there is none. */
  readonly filter?: string;
  readonly access?: Access;
}

type PerFilter = RouteConfiguration["typedPerFilterConfig"];

/** What a request to an authority is answered; 404 where no virtual host or route takes it. */
export function routesOf(
  table: RouteConfiguration | undefined,
  around: Surroundings,
): (facts: Facts, authority: string) => Answer {
  if (table === undefined) return () => 404;
  const standard = overridden(table.typedPerFilterConfig, around, around.access ?? ALLOW);
  const find = virtualHostsOf(
    table,
    (host) => host.routes.map((route) => routeOf(route, host, standard, around)),
    around.world.fault,
  );
  return (facts, authority) =>
    find(authority)
      ?.find(({ fits }) => fits(facts))
      ?.answer(facts) ?? 404;
}

interface ReadRoute {
  readonly fits: (facts: Facts) => boolean;
  readonly answer: (facts: Facts) => Answer;
}

function routeOf(route: Route, host: VirtualHost, standard: Access, around: Surroundings): ReadRoute {
  const access = overridden(
    route.typedPerFilterConfig,
    around,
    overridden(host.typedPerFilterConfig, around, standard),
  );
  const answer = actionOf(route, around);
  return { fits: matchOf(route, around), answer: (facts) => (access(facts) ? answer : around.denial) };
}

/** What the filter does here: the nearest setting wins, an empty one switches it off. */
function overridden(settings: PerFilter, { filter, world, header }: Surroundings, otherwise: Access): Access {
  const any = filter === undefined ? undefined : settings[filter];
  if (any === undefined) return otherwise;
  const own = unpack(any, RBACPerRouteSchema);
  if (own === undefined) return world.fault(`unknown setting of a filter: ${typeOf(any)}`) ?? otherwise;
  return own.rbac === undefined ? ALLOW : accessOf(own.rbac, { fault: world.fault, header });
}

function matchOf({ match }: Route, { world, header }: Surroundings): (facts: Facts) => boolean {
  const path = match?.pathSpecifier;
  if (path?.case === "connectMatcher") return () => false; // no request of an arrival is a CONNECT
  if (path?.case !== "prefix" || path.value !== "/") world.fault(`unknown path of a route: ${path?.case}`);
  const conditions = (match?.headers ?? []).map((one) => conditionOf(one, world));
  return (facts) => conditions.every(({ name, matches }) => matches(header(name, facts)));
}

function conditionOf(
  { name, invertMatch, headerMatchSpecifier: { case: kind, value } }: HeaderMatcher,
  { fault }: World,
) {
  if (kind !== "stringMatch" || invertMatch) fault(`unknown condition on ${name}`);
  return { name, matches: kind === "stringMatch" ? readString(value.matchPattern, fault) : () => false };
}

/** Upstream clusters must exist, all of them: which one is chosen is no part of a verdict. */
function actionOf({ action: { case: kind, value } }: Route, { world }: Surroundings): Answer {
  if (kind === "directResponse") return value.status;
  const target = kind === "route" ? value.clusterSpecifier : undefined;
  const names =
    target?.case === "cluster"
      ? [target.value]
      : target?.case === "weightedClusters"
        ? target.value.clusters.map(({ name }) => name)
        : (world.fault(`unknown action of a route: ${kind} ${target?.case}`) ?? []);
  return names.length > 0 && names.every((name) => world.clusters.has(name)) ? "admitted" : 503;
}
