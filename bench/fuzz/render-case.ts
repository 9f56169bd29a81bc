import { stringify } from "yaml";
import { decide } from "../../src/policy/decide/index.ts";
import { type EffectivePolicy, PROTOCOLS } from "../../src/policy/model/index.ts";
import { formatIp } from "../../src/policy/net/index.ts";
import type { Arrival } from "../../src/simulate/index.ts";
import type { Disagreement } from "./disagreement.ts";

export const PROXY = { mesh: "default", name: "web-1" } as const;

/** Mesh, Dataplane and policies that make a proxy enforce this; one policy a protocol, since some may meet only by merging. */
export function resourcesOf({ mode, rules }: EffectivePolicy): object[] {
  const dataplane = {
    type: "Dataplane",
    ...PROXY,
    networking: {
      address: "10.0.0.1",
      inbound: [{ port: 8080, tags: { "kuma.io/service": "web" } }],
      transparentProxying: { redirectPortInbound: 15_006, redirectPortOutbound: 15_001 },
    },
  };
  const policies = PROTOCOLS.map((protocol) => ({
    type: "MeshPassthrough",
    mesh: PROXY.mesh,
    name: `for-${protocol}`,
    spec: {
      targetRef: { kind: "Mesh", proxyTypes: ["Sidecar"] },
      default: {
        passthroughMode: mode.value,
        appendMatch: rules.map(({ value }) => value.written).filter((written) => written.protocol === protocol),
      },
    },
  }));
  const needed = policies.filter(({ spec }, i) => i === 0 || spec.default.appendMatch.length > 0);
  return [{ type: "Mesh", name: PROXY.mesh }, dataplane, ...needed];
}

/** The case as `test/cases` has it. */
export function renderCase({ policy, arrival, what }: Disagreement): string {
  const { connection } = arrival;
  const { ip, port } = connection.destination;
  const document = {
    resources: resourcesOf(policy),
    proxy: PROXY,
    cases: [
      {
        connection: { ...connection, destination: { ip: formatIp(ip), port } },
        want: decide(policy, connection).kind,
        ...sendOf(arrival),
        why: what,
      },
    ],
  };
  return stringify(document, { lineWidth: 0 });
}

/** What the facts of a connection do not say. */
export function sendOf({ authority, contentType, upgrade, isSilent }: Arrival): { send?: object } {
  const send = {
    ...(authority === undefined ? {} : { hostHeader: authority }),
    ...(contentType === undefined ? {} : { headers: { "content-type": contentType } }),
    ...(upgrade === undefined ? {} : { upgrade }),
    ...(isSilent === true ? { bytes: "" } : {}),
  };
  return Object.keys(send).length === 0 ? {} : { send };
}
