/** Kuma's own configuration as the other side of a comparison. */
import { create, toBinary } from "@bufbuild/protobuf";
import { baseResources, type ClassicResources, compileClassic, outboundName } from "../../src/compile/classic/index.ts";
import { TYPE_URLS } from "../../src/compile/envoy/index.ts";
import { ClusterSchema } from "../../src/gen/envoy/config/cluster/v3/cluster_pb.js";
import { AddressSchema } from "../../src/gen/envoy/config/core/v3/address_pb.js";
import { ListenerSchema } from "../../src/gen/envoy/config/listener/v3/listener_pb.js";
import type { EffectivePolicy } from "../../src/policy/model/index.ts";
import { encodeResource, resourceSet } from "../../src/xds/index.ts";
import { freePorts, type Snapshot } from "./bare-envoy.ts";
import type { Side } from "./configuration.ts";

const PASSTHROUGH = true;
/** The listener of IPv6 is left out, which has every chain for a name once more: nothing here is to flatter us. */
const LISTENER = outboundName("ipv4");

/** Its bootstrap makes all statistics at once. */
export async function classicSide(): Promise<Side> {
  const [port = 0] = await freePorts(1);
  return { compile: (policy) => snapshot(compile(policy, port), port), deferredStats: false };
}

function compile(policy: EffectivePolicy, port: number): ClassicResources {
  const proxying = { redirectPortOutbound: port, redirectPortInbound: 15_006, ipFamilyMode: "IPv4" } as const;
  const conf = { mode: policy.mode.value, rules: policy.rules.map(({ value }) => value.written) };
  const { resources, error } = compileClassic(baseResources(proxying, PASSTHROUGH), conf, PASSTHROUGH);
  if (error !== undefined) throw new Error(`classic: ${error}`);
  return resources;
}

function snapshot({ listeners, clusters }: ClassicResources, port: number): Snapshot {
  // Kuma listens on every address, which here is nobody's business.
  const address = create(AddressSchema, {
    address: {
      case: "socketAddress",
      value: { address: "127.0.0.1", portSpecifier: { case: "portValue", value: port } },
    },
  });
  return {
    listeners: resourceSet(
      listeners
        .filter(({ name }) => name === LISTENER)
        .map((listener) => create(ListenerSchema, { ...listener, address }))
        .map((one) => encodeResource(TYPE_URLS.listener, one.name, toBinary(ListenerSchema, one))),
    ),
    clusters: resourceSet(
      clusters
        .filter(({ name }) => !name.startsWith("inbound:"))
        .map((one) => encodeResource(TYPE_URLS.cluster, one.name, toBinary(ClusterSchema, one))),
    ),
    routes: new Map(),
  };
}
