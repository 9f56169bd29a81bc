import type { Proto } from "./proto.ts";

const REF: Proto = {
  fields: { kind: "string", name: "string", namespace: "string", port: "uint32?", labels: "strings" },
};

const INBOUND: Proto = {
  fields: {
    port: "uint32",
    servicePort: "uint32",
    serviceAddress: "string",
    address: "string",
    tags: "strings",
    health: { fields: { ready: "bool" } },
    serviceProbe: {
      fields: {
        interval: "duration",
        timeout: "duration",
        unhealthyThreshold: "uint32?",
        healthyThreshold: "uint32?",
        tcp: { fields: {} },
      },
    },
    state: { enum: ["Ready", "NotReady", "Ignored"] },
    name: "string",
  },
};

const OUTBOUND: Proto = {
  fields: {
    address: "string",
    port: "uint32",
    service: "string",
    tags: "strings",
    backendRef: { fields: { kind: "string", name: "string", port: "uint32", labels: "strings" } },
  },
};

const TRANSPARENT_PROXYING: Proto = {
  fields: {
    redirectPortInbound: "uint32",
    redirectPortOutbound: "uint32",
    directAccessServices: { list: "string" },
    redirectPortInboundV6: "uint32",
    reachableServices: { list: "string" },
    ipFamilyMode: { enum: ["UnSpecified", "DualStack", "IPv4", "IPv6"] },
    reachableBackends: { fields: { refs: { list: REF } } },
  },
};

const NETWORKING: Proto = {
  fields: {
    address: "string",
    advertisedAddress: "string",
    gateway: { fields: { tags: "strings", type: { enum: ["DELEGATED", "BUILTIN"] } } },
    inbound: { list: INBOUND },
    outbound: { list: OUTBOUND },
    transparentProxying: TRANSPARENT_PROXYING,
    admin: { fields: { port: "uint32" } },
  },
};

/** Kuma 2.9's Dataplane, without its meta. */
export const DATAPLANE: Proto = {
  fields: {
    networking: NETWORKING,
    metrics: { fields: { name: "string", type: "string", conf: "any" } },
    probes: {
      fields: {
        port: "uint32",
        endpoints: { list: { fields: { inboundPort: "uint32", inboundPath: "string", path: "string" } } },
      },
    },
  },
};

const BACKENDS: Proto = { fields: { defaultBackend: "string", backends: "any" } };

/** Kuma 2.9's Mesh, without its meta. Backends are not looked into: they mean nothing to this policy. */
export const MESH: Proto = {
  fields: {
    mtls: { fields: { enabledBackend: "string", backends: "any", skipValidation: "bool" } },
    tracing: BACKENDS,
    logging: BACKENDS,
    metrics: { fields: { enabledBackend: "string", backends: "any" } },
    networking: { fields: { outbound: { fields: { passthrough: "bool?" } } } },
    routing: {
      fields: {
        localityAwareLoadBalancing: "bool",
        zoneEgress: "bool",
        defaultForbidMeshExternalServiceAccess: "bool",
      },
    },
    constraints: { fields: { dataplaneProxy: { fields: { requirements: "any", restrictions: "any" } } } },
    skipCreatingInitialPolicies: { list: "string" },
    meshServices: { fields: { mode: { enum: ["Disabled", "Everywhere", "ReachableBackends", "Exclusive"] } } },
  },
};
