import { parseIpBits } from "../../net/index.ts";
import { kumaIdentifierViolations } from "./meta.ts";
import { isZeroDuration } from "./proto.ts";
import { kumaTagViolations } from "./tags.ts";
import { isKumaDnsName, isKumaIp } from "./values.ts";
import { asArray, asObject, asText, type JsonObject, keyed, type Violation } from "./violation.ts";

const LOOPBACK = "127.0.0.1";
const PROTOCOL = "kuma.io/protocol";
const PROTOCOLS = ["grpc", "http", "http2", "kafka", "tcp"];
const BACKENDS = ["MeshExternalService", "MeshMultiZoneService", "MeshService"];
const BACKENDS_TEXT = `invalid value. Available values are: ${BACKENDS.join(",")}`;

/** The violations of a Dataplane in Kuma's order. Takes what `decodeProto` makes of it: no field has a wrong type. */
export function kumaDataplaneViolations(dataplane: JsonObject): readonly Violation[] {
  const networking = asObject(dataplane.networking);
  if (networking === undefined) return [{ field: "networking", message: "must be defined" }];
  const gateway = asObject(networking.gateway);
  const out = adminViolations(networking);
  const refuse = (field: string, message: string) => out.push({ field, message });
  const isBuiltin = gateway?.type === "BUILTIN";
  if (gateway !== undefined) {
    const kind = isBuiltin ? "builtin" : "delegated";
    for (const field of isBuiltin ? ["inbound", "outbound"] : ["inbound"])
      if (asArray(networking[field]).length > 0)
        refuse(`networking.${field}`, `${field} cannot be defined for ${kind} gateways`);
    if (isBuiltin && dataplane.probes !== undefined)
      refuse("networking.probes", "probes cannot be defined for builtin gateways");
    out.push(...gatewayViolations(gateway));
  } else if (asArray(networking.inbound).length === 0)
    refuse("networking", "has to contain at least one inbound interface or gateway");
  out.push(...networkingViolations(networking));
  if (!isBuiltin) out.push(...probesViolations(asObject(dataplane.probes)));
  if (gateway === undefined) out.push(...metricsViolations(asObject(dataplane.metrics)));
  return out;
}

function networkingViolations(networking: JsonObject): Violation[] {
  const address = asText(networking.address);
  return [
    ...addressViolations(address),
    ...asArray(networking.inbound).flatMap((inbound, i) =>
      inboundViolations(asObject(inbound) ?? {}, address, `networking.inbound[${i}]`),
    ),
    ...asArray(networking.outbound).flatMap((outbound, i) =>
      outboundViolations(asObject(outbound) ?? {}, `networking.outbound[${i}]`),
    ),
    ...reachableViolations(asObject(networking.transparentProxying)),
  ];
}

function addressViolations(address: string): Violation[] {
  const field = "networking.address";
  if (address === "") return [{ field, message: "address can't be empty" }];
  const out: Violation[] = [];
  if (address === "0.0.0.0" || address === "::") out.push({ field, message: "must not be 0.0.0.0 or ::" });
  if (!isKumaIp(address) && !isKumaDnsName(address))
    out.push({ field, message: "address has to be valid IP address or domain name" });
  return out;
}

/** The proxy's admin API is on the loopback address: no other port of the proxy may be in its way. */
function adminViolations(networking: JsonObject): Violation[] {
  const admin = asObject(networking.admin);
  if (admin === undefined) return [];
  const port = portOf(admin);
  const own = asText(networking.address);
  const inbound = asArray(networking.inbound).some((item) => {
    const { address, servicePort, serviceAddress, ...rest } = asObject(item) ?? {};
    const listens = portOf(rest) === port && overlapsLoopback(asText(address) || own);
    const workload = (Number(servicePort ?? 0) || portOf(rest)) === port;
    return listens || (workload && overlapsLoopback(asText(serviceAddress) || asText(address) || own));
  });
  const outbound = asArray(networking.outbound).some((item) => {
    const { address, ...rest } = asObject(item) ?? {};
    return portOf(rest) === port && overlapsLoopback(asText(address) || LOOPBACK);
  });
  const field = "networking.admin.port";
  return [
    ...(inbound ? [{ field, message: "must differ from inbound" }] : []),
    ...(outbound ? [{ field, message: "must differ from outbound" }] : []),
  ];
}

const portOf = (value: JsonObject): number => (typeof value.port === "number" ? value.port : 0);

/** The loopback address itself, or all addresses. */
function overlapsLoopback(address: string): boolean {
  const ip = parseIpBits(address);
  return ip !== undefined && (ip.bits === 0n || (ip.family === 4 && ip.bits === 0x7f00_0001n));
}

function gatewayViolations(gateway: JsonObject): Violation[] {
  const at = "networking.gateway.tags";
  return kumaTagViolations(gateway.tags, at, {
    requireService: true,
    extra: ({ [PROTOCOL]: protocol }) =>
      protocol === undefined || protocol === "tcp"
        ? []
        : [
            {
              field: keyed(at, PROTOCOL),
              message: `other values than tcp are not allowed, provided value "${protocol}"`,
            },
          ],
  });
}

const portViolations = (field: string, port: unknown): Violation[] =>
  typeof port === "number" && port >= 1 && port <= 65_535
    ? []
    : [{ field, message: "port must be in the range [1, 65535]" }];

function inboundViolations(inbound: JsonObject, proxyAddress: string, at: string): Violation[] {
  const { port, servicePort } = inbound;
  const [address, service] = [asText(inbound.address), asText(inbound.serviceAddress)];
  const out = portViolations(`${at}.port`, port);
  if (servicePort !== undefined) out.push(...portViolations(`${at}.servicePort`, servicePort));
  const isSamePort = servicePort === undefined || servicePort === port;
  const same = {
    field: `${at}.serviceAddress`,
    message: "serviceAddress and servicePort has to differ from address and port",
  };
  if (service !== "") {
    if (!isKumaIp(service))
      out.push({ field: `${at}.serviceAddress`, message: "serviceAddress has to be valid IP address" });
    if (service === proxyAddress && isSamePort) out.push(same);
  }
  if (address !== "") {
    if (!isKumaIp(address)) out.push({ field: `${at}.address`, message: "address has to be valid IP address" });
    if (address === service && isSamePort) out.push(same);
  }
  const tags = `${at}.tags`;
  out.push(...kumaTagViolations(inbound.tags, tags, { extra: (all) => protocolViolations(all[PROTOCOL], tags) }));
  out.push(...probeViolations(asObject(inbound.serviceProbe), `${at}.serviceProbe`));
  if (asObject(inbound.tags)?.["kuma.io/service"] === undefined)
    out.push({ field: keyed(tags, "kuma.io/service"), message: "tag has to exist" });
  return out;
}

/** Case does not count. */
function protocolViolations(protocol: string | undefined, tags: string): Violation[] {
  if (protocol === undefined || PROTOCOLS.includes(protocol.toLowerCase())) return [];
  const message = `tag "${PROTOCOL}" has an invalid value ${JSON.stringify(protocol)}. Allowed values: ${PROTOCOLS.join(", ")}`;
  return [{ field: keyed(tags, PROTOCOL), message }];
}

function probeViolations(probe: JsonObject | undefined, at: string): Violation[] {
  if (probe === undefined) return [];
  const isZero = (name: string): boolean => {
    const value = probe[name];
    return value === 0 || (typeof value === "string" && isZeroDuration(value));
  };
  return ["interval", "timeout", "unhealthyThreshold", "healthyThreshold"]
    .filter(isZero)
    .map((name) => ({ field: `${at}.${name}`, message: "must have a positive value" }));
}

function outboundViolations(outbound: JsonObject, at: string): Violation[] {
  const out = portViolations(`${at}.port`, outbound.port);
  const address = asText(outbound.address);
  if (address !== "" && !isKumaIp(address))
    out.push({ field: `${at}.address`, message: "address has to be valid IP address" });
  const ref = asObject(outbound.backendRef);
  const hasTags = outbound.tags !== undefined;
  const hasService = outbound.service !== undefined;
  if (ref !== undefined) out.push(...backendViolations(ref, `${at}.backendRef`));
  else if (hasTags || !hasService)
    out.push(...kumaTagViolations(outbound.tags, `${at}.tags`, { requireService: true }));
  if (ref !== undefined && (hasTags || hasService))
    out.push({ field: `${at}.backendRef`, message: "both backendRef and tags/service cannot be defined" });
  return out;
}

function backendViolations(ref: JsonObject, at: string): Violation[] {
  const kind = asText(ref.kind);
  const out: Violation[] = [];
  if (!BACKENDS.includes(kind)) out.push({ field: `${at}.kind`, message: BACKENDS_TEXT });
  if (ref.name === undefined && ref.labels === undefined)
    out.push({ field: at, message: "either 'name' or 'labels' should be specified" });
  if (kind !== "MeshExternalService") out.push(...portViolations(`${at}.port`, ref.port));
  return out;
}

/** The path has a typing error in Kuma. */
function reachableViolations(transparentProxying: JsonObject | undefined): Violation[] {
  const refs = asArray(asObject(transparentProxying?.reachableBackends)?.refs);
  return refs.flatMap((item, i) => {
    const { kind, name, namespace, labels } = asObject(item) ?? {};
    const at = `networking.transparentProxing.reachableBackends.refs[${i}]`;
    const out: Violation[] = [];
    if (!BACKENDS.includes(asText(kind))) out.push({ field: `${at}.kind`, message: BACKENDS_TEXT });
    if (name !== undefined) out.push(...kumaIdentifierViolations(`${at}.name`, asText(name)));
    if (name === undefined && namespace === undefined && labels === undefined)
      out.push({ field: `${at}.name`, message: "name or labels are required" });
    if (name === undefined && namespace !== undefined)
      out.push({ field: `${at}.name`, message: "name is required, when namespace is defined" });
    if ((name !== undefined || namespace !== undefined) && labels !== undefined)
      out.push({ field: `${at}.labels`, message: "labels cannot be defined when name is specified" });
    return out;
  });
}

function probesViolations(probes: JsonObject | undefined): Violation[] {
  if (probes === undefined) return [];
  const out = portViolations("probes.port", probes.port);
  for (const [i, item] of asArray(probes.endpoints).entries()) {
    const endpoint = asObject(item) ?? {};
    const at = `probes.endpoints[${i}]`;
    out.push(...portViolations(`${at}.inboundPort`, endpoint.inboundPort));
    for (const name of ["inboundPath", "path"])
      if (!isRequestUri(asText(endpoint[name])))
        out.push({ field: `${at}.${name}`, message: "should be a valid URL Path" });
  }
  return out;
}

/** A path or a URL, as Go's `url.ParseRequestURI` takes it. */
const isRequestUri = (text: string): boolean =>
  /^(?:\*$|\/|[A-Za-z][A-Za-z0-9+.-]*:)/.test(text) && !/[\p{Cc}]|%(?![0-9A-Fa-f]{2})/u.test(text);

function metricsViolations(metrics: JsonObject | undefined): Violation[] {
  if (metrics === undefined) return [];
  if (metrics.type !== "prometheus")
    return [{ field: "metrics.type", message: 'unknown backend type. Available backends: "prometheus"' }];
  const seen = new Set<string>();
  return asArray(asObject(metrics.conf)?.aggregate).flatMap((item, i) => {
    const name = asText(asObject(item)?.name);
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [
      {
        field: `metrics.conf.aggregate[${i}].name`,
        message: `duplicate entry: ${name}, values have to be unique`,
      },
    ];
  });
}
