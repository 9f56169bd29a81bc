import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { TrafficDirection } from "../../gen/envoy/config/core/v3/base_pb.js";
import {
  type FilterChain,
  type ListenerFilter,
  ListenerFilterSchema,
} from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { type Listener, ListenerSchema } from "../../gen/envoy/config/listener/v3/listener_pb.js";
import { OriginalDstSchema } from "../../gen/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.js";
import { TlsInspectorSchema } from "../../gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js";
import type { Matcher } from "../../gen/xds/type/matcher/v3/matcher_pb.js";
import { accessLog } from "./access-log.ts";
import { any } from "./extension.ts";
import { BUFFER_BYTES, type EnvoySettings, NAMES } from "./settings.ts";

/** What of a listener may differ between rule sets: these two, which Envoy changes in place. */
export interface Decisions {
  readonly filterChainMatcher: Matcher;
  readonly filterChains: FilterChain[];
}

/** The listener that inspects: TLS is told by its ClientHello, the rest is plaintext. */
export function outListener(decisions: Decisions, settings: EnvoySettings): Listener {
  return listener(NAMES.out, settings.outboundPort, [originalDst(), tlsInspector()], decisions, settings);
}

/** The listener for addresses that `tcp` rules admit: nothing there waits for the client's first bytes. */
export function rawListener(port: number, decisions: Decisions, settings: EnvoySettings): Listener {
  return listener(NAMES.raw, port, [originalDst()], decisions, settings);
}

function listener(
  name: string,
  port: number,
  listenerFilters: ListenerFilter[],
  decisions: Decisions,
  settings: EnvoySettings,
): Listener {
  return create(ListenerSchema, {
    name,
    // Loopback works for redirected connections of both families and cannot be reached from elsewhere.
    address: address("127.0.0.1", port),
    additionalAddresses: settings.ipv6 === false ? [] : [{ address: address("::1", port) }],
    trafficDirection: TrafficDirection.OUTBOUND,
    statPrefix: name.replace(":", "_"),
    listenerFilters,
    listenerFiltersTimeout: durationFromMs(settings.inspectionTimeoutMs),
    continueOnListenerFiltersTimeout: true,
    perConnectionBufferLimitBytes: BUFFER_BYTES,
    accessLog: [accessLog("connection", settings)],
    ...decisions,
  });
}

function address(host: string, port: number) {
  return {
    address: {
      case: "socketAddress",
      value: { address: host, portSpecifier: { case: "portValue", value: port } },
    },
  } as const;
}

const originalDst = () => listenerFilter("original_dst", any(OriginalDstSchema, {}));
const tlsInspector = () => listenerFilter("tls_inspector", any(TlsInspectorSchema, {}));

function listenerFilter(name: string, value: ReturnType<typeof any>): ListenerFilter {
  return create(ListenerFilterSchema, {
    name: `envoy.filters.listener.${name}`,
    configType: { case: "typedConfig", value },
  });
}
