import { INBOUND_STATES, IP_FAMILY_MODES } from "../resource.ts";
import type { Field, ObjectField } from "./field.ts";

/** The fields of a Mesh beside its meta, as far as this policy reads them. */
export const MESH_FIELDS: ObjectField = {
  type: "object",
  open: true,
  doc: "What the mesh does.",
  fields: {
    networking: {
      type: "object",
      open: true,
      doc: "Networking of the mesh.",
      fields: {
        outbound: {
          type: "object",
          open: true,
          doc: "Traffic that leaves proxies.",
          fields: {
            passthrough: {
              type: "boolean",
              doc: "What proxies do that no MeshPassthrough selects: `true` lets everything out, `false` nothing. Left out: `true`. As soon as one policy selects a proxy, this is ignored.",
            },
          },
        },
      },
    },
  },
};

const PORT: Field = { type: "integer", range: [1, 65_535], doc: "A TCP port." };
const PORT_OR_NONE: Field = { type: "integer", range: [0, 65_535], doc: "A TCP port; 0: none." };

const INBOUND: ObjectField = {
  type: "object",
  open: true,
  required: ["port", "tags"],
  doc: "A port of the workload that others in the mesh reach through the proxy.",
  fields: {
    address: { type: "string", doc: "The IP address to listen on. Left out: that of the proxy." },
    port: PORT,
    servicePort: PORT_OR_NONE,
    serviceAddress: { type: "string", doc: "The IP address of the workload, where it is not the loopback address." },
    name: { type: "string", doc: "A name of the port." },
    state: {
      type: "string",
      enum: INBOUND_STATES,
      doc: "Whether the workload answers. It does not change which policies select the proxy.",
    },
    tags: {
      type: "map",
      doc: "What selects this workload; `kuma.io/service` must be among them. `MeshSubset` needs all its tags on one inbound.",
    },
  },
};

const GATEWAY: ObjectField = {
  type: "object",
  open: true,
  required: ["tags"],
  doc: "Makes the proxy a gateway: `proxyTypes: [Gateway]` selects it.",
  fields: {
    type: {
      type: "string",
      enum: ["DELEGATED", "BUILTIN"],
      doc: "`DELEGATED`: beside another gateway product; the default. `BUILTIN`: no MeshPassthrough has an effect there.",
    },
    tags: { type: "map", doc: "What selects the gateway; `kuma.io/service` must be among them." },
  },
};

const TRANSPARENT_PROXYING: ObjectField = {
  type: "object",
  open: true,
  doc: "The workload's traffic is redirected to the proxy. Without it nothing is enforced.",
  fields: {
    redirectPortInbound: PORT_OR_NONE,
    redirectPortOutbound: {
      type: "integer",
      range: [0, 65_535],
      examples: [15_001],
      doc: "Where outgoing connections are redirected to. 0: nothing is enforced.",
    },
    ipFamilyMode: {
      type: "string",
      enum: IP_FAMILY_MODES,
      doc: "The families that are redirected. With `IPv4`, IPv6 to the outside is refused.",
    },
  },
};

/** The fields of a Dataplane beside its meta, as far as they matter to this policy. */
export const DATAPLANE_FIELDS: ObjectField = {
  type: "object",
  open: true,
  doc: "What the proxy is.",
  required: ["networking"],
  fields: {
    networking: {
      type: "object",
      open: true,
      required: ["address"],
      doc: "Addresses and ports of the proxy.",
      fields: {
        address: { type: "string", doc: "The IP address or name on which the proxy is reached." },
        inbound: { type: "array", items: INBOUND, doc: "Ports of the workload; a gateway has none." },
        gateway: GATEWAY,
        transparentProxying: TRANSPARENT_PROXYING,
      },
    },
  },
};
