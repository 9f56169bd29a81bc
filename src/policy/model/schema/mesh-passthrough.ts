import { PROXY_TYPES } from "../resource.ts";
import { MATCH_TYPES, MODES, PROTOCOLS } from "../rule.ts";
import type { ObjectField } from "./field.ts";

const TARGET_REF: ObjectField = {
  type: "object",
  doc: "Which proxies of the mesh the policy selects. Left out: all of them, as `kind: Mesh`.",
  required: ["kind"],
  conditions: [
    {
      if: { properties: { kind: { const: "Mesh" } }, required: ["kind"] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { tags: { maxProperties: 0 } } },
    },
  ],
  fields: {
    kind: {
      type: "string",
      enum: ["Mesh", "MeshSubset"],
      refusedValues: [
        "MeshGateway",
        "MeshService",
        "MeshExternalService",
        "MeshMultiZoneService",
        "MeshServiceSubset",
        "MeshHTTPRoute",
      ],
      doc: "`Mesh`: every proxy of the mesh. `MeshSubset`: those that have all the `tags` on one inbound; it has precedence over `Mesh`.",
    },
    labels: { type: "map", refused: true, doc: "Not for this policy." },
    mesh: { type: "string", refused: true, doc: "Not for this policy." },
    name: { type: "string", refused: true, doc: "Not for this policy." },
    namespace: { type: "string", refused: true, doc: "Not for this policy." },
    proxyTypes: {
      type: "array",
      atLeast: 1,
      items: { type: "string", enum: PROXY_TYPES },
      doc: "Only sidecars, or only delegated gateways. Left out: both.",
    },
    sectionName: { type: "string", refused: true, doc: "Not for this policy." },
    tags: {
      type: "map",
      doc: "With `kind: MeshSubset`: tags that one inbound of the proxy must have, all of them. A workload's owner may be able to set them: see the documentation of the policy on security.",
    },
  },
};

const MATCH: ObjectField = {
  type: "object",
  doc: "One permission: traffic that the proxy lets out.",
  conditions: [
    {
      if: { properties: { type: { const: "Domain" } }, required: ["type"] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { protocol: { not: { const: "tcp" } } } },
    },
  ],
  required: ["type", "value", "protocol"],
  fields: {
    port: {
      type: "integer",
      range: [1, 65_535],
      examples: [443, 80],
      doc: "The destination port. Left out: every port.",
    },
    protocol: {
      type: "string",
      enum: PROTOCOLS,
      doc: "`tcp`: every connection to the address, TLS and HTTP included; not with `type: Domain`. `tls`: TLS that the application opens. `http`: plaintext HTTP requests of any version. `http2`: plaintext HTTP/2. `grpc`: plaintext gRPC.",
    },
    type: {
      type: "string",
      enum: MATCH_TYPES,
      doc: "What `value` is. `Domain`: the name that the client gives, in TLS (SNI) or in the request's `Host`. `IP`: one address. `CIDR`: a block of addresses.",
    },
    value: {
      type: "string",
      examples: ["httpbin.org", "*.wikipedia.org", "10.240.15.39", "10.250.0.0/16"],
      doc: "A name, an address or a block, by `type`. `*.example.com` is every name below `example.com`, at any depth; `*` is every name. `*w.example.com` is refused.",
    },
  },
};

/** `spec` of a MeshPassthrough, in both forms. */
export const MESH_PASSTHROUGH_SPEC: ObjectField = {
  type: "object",
  doc: "Which traffic to destinations outside the mesh the selected proxies let out.",
  fields: {
    targetRef: TARGET_REF,
    default: {
      type: "object",
      doc: "What the selected proxies do.",
      fields: {
        appendMatch: {
          type: "array",
          items: MATCH,
          doc: "What is let out in mode `Matched`; with `All` and `None` the list is not used. The lists of all policies that select a proxy are joined.",
        },
        passthroughMode: {
          type: "string",
          enum: MODES,
          doc: "`All`: everything is let out. `Matched`: what `appendMatch` lists. `None`: nothing. Left out: another policy that selects the proxy may set it, else `None`.",
        },
      },
    },
  },
};
