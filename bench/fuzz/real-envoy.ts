/** Random policies, one after the other through one running Envoy, and connections that are really made. */
import { check } from "../../src/policy/check/index.ts";
import type { Connection, ConnectionText, Dataplane, EffectivePolicy } from "../../src/policy/model/index.ts";
import type { IpAddress } from "../../src/policy/net/index.ts";
import { type Arrival, codecRefuses, type Answer as Modelled } from "../../src/simulate/index.ts";
import type { Observed, Probe } from "../../src/testbed/index.ts";
import { randomFrom } from "../../test/e2e/random-policies.ts";
import { probeOfCase } from "../../test/engines/case-probe.ts";
import { type Product, startProduct } from "../../test/engines/product.ts";
import { randomArrival } from "./arrivals.ts";
import { type Disagreement, wantedAnswer } from "./disagreement.ts";
import type { Compared } from "./models.ts";
import { editedPolicy, randomPolicy } from "./policies.ts";
import { resourcesOf, sendOf } from "./render-case.ts";

export interface RealRun {
  /** Path of the binary. */
  readonly envoy: string;
  readonly seed: number;
  /** Connections of one policy. */
  readonly perPolicy: number;
  readonly isOver: (connections: number) => boolean;
  readonly progress?: (connections: number, policies: number) => void;
}

/** One connection that is to be made, and what must come of it. */
interface Planned {
  readonly arrival: Arrival;
  readonly probe: Probe;
  readonly wanted: Modelled;
}

export const PORTS = [1, 2, 22, 79, 80, 81, 442, 443, 444, 8079, 8080, 8081, 8999, 9000, 9001, 65_534, 65_535];
const AT_A_TIME = 20;
const LIMITS = { maxRules: 24, isValid: true } as const;

/** Stops at the first policy with a wrong answer and gives the first one. */
export async function compareRealEnvoy({ envoy, seed, perPolicy, isOver, progress }: RealRun): Promise<Compared> {
  const random = randomFrom(seed);
  const product = await startProduct({ envoy });
  let [policies, pairs] = [0, 0];
  try {
    await product.testbed.destinations.listen(PORTS);
    let policy = randomPolicy(random, LIMITS);
    for (; !isOver(pairs); policies++) {
      // Most are edits of the one before; some have nothing to do with it.
      policy = policies > 0 && random() < 0.7 ? editedPolicy(random, policy, LIMITS) : randomPolicy(random, LIMITS);
      const { resources, dataplane } = written(policy);
      await product.enforce(resources, dataplane);
      const planned: Planned[] = [];
      while (planned.length < perPolicy) {
        const arrival = randomArrival(random, policy, { isSendable: true });
        if (isSendable(arrival)) planned.push(plan(policy, arrival));
      }
      const found = await firstWrong(product, policy, planned);
      pairs += planned.length;
      progress?.(pairs, policies + 1);
      if (found !== undefined) return { policies, pairs, found };
    }
  } finally {
    await product.close();
  }
  return { policies, pairs };
}

function written(policy: EffectivePolicy): { readonly resources: string; readonly dataplane: Dataplane } {
  const resources = resourcesOf(policy)
    .map((resource) => `${JSON.stringify(resource)}\n`)
    .join("---\n");
  const { proxies, diagnostics } = check([{ file: "fuzz.yaml", text: resources }]);
  const [proxy] = proxies;
  const fault = diagnostics.find(({ severity }) => severity === "error");
  if (proxy === undefined || fault !== undefined)
    throw new Error(`a bad random policy: ${fault?.message} ${resources}`);
  return { resources, dataplane: proxy.dataplane };
}

/** What a client on this machine can send, to an address that can be dialled, on a port where somebody listens. */
export function isSendable({ connection, authority }: Arrival): boolean {
  const { ip, port } = connection.destination;
  if (!PORTS.includes(port) || !isUnicast(ip)) return false;
  // The client's library for HTTP/2 must take the authority, and needs one.
  return connection.kind !== "http" || connection.version !== "2" || /^[\x21-\x7e]+$/.test(authority ?? "");
}

function isUnicast({ family, bits }: IpAddress): boolean {
  if (family === 4) {
    const first = Number(bits >> 24n);
    return first > 0 && first !== 127 && first < 224 && bits >> 8n !== 0x64404en; // the testbed's own 100.64.78.0/24
  }
  const first = Number(bits >> 112n);
  return bits >> 32n !== 0n && first < 0xfe00 && bits >> 96n !== 0xfd5a0078n;
}

function plan(policy: EffectivePolicy, arrival: Arrival): Planned {
  return { arrival, probe: probeOf(arrival), wanted: wantedAnswer(policy, arrival) };
}

/** How the testbed's client makes the connection. */
export function probeOf(arrival: Arrival): Probe {
  const { connection } = arrival;
  const scheme = connection.kind === "http" ? "http" : connection.kind;
  const text: ConnectionText = { ...connection, scheme };
  const { send } = sendOf(arrival);
  const one = { connection: text, want: "allow", line: 1, ...(send !== undefined && { send: plainOf(send) }) } as const;
  return probeOfCase(one).probe;
}

const plainOf = (value: object) => JSON.parse(JSON.stringify(value));

/** First those that must pass, then those of which nothing may arrive anywhere. */
async function firstWrong(
  { testbed: { destinations, prober } }: Product,
  policy: EffectivePolicy,
  planned: readonly Planned[],
): Promise<Disagreement | undefined> {
  const passing = planned.filter(({ wanted }) => wanted === "admitted");
  const refused = planned.filter(({ wanted }) => wanted !== "admitted");
  for (const wave of [passing, refused]) {
    await destinations.reset();
    const observed = await prober.probeAll(
      wave.map(({ probe }) => probe),
      AT_A_TIME,
    );
    for (const [i, { arrival, wanted }] of wave.entries()) {
      const seen = observed[i];
      if (seen !== undefined && !fits(wanted, seen.answer, arrival))
        return {
          policy,
          arrival,
          what: `${wanted} is wanted, real Envoy: ${seen.answer} ${JSON.stringify(seen).slice(0, 600)}`,
        };
    }
  }
  const arrived = (await destinations.packets()).filter(({ protocol, packets }) => protocol === "tcp" && packets > 0);
  const [first] = arrived;
  if (first === undefined) return undefined;
  const guilty = refused.find(({ probe: { to } }) => to.ip === first.ip && to.port === first.port) ?? refused[0];
  const what = `packets of a denied connection went to ${first.ip} port ${first.port}`;
  return guilty === undefined ? undefined : { policy, arrival: guilty.arrival, what };
}

function fits(wanted: Modelled, seen: Observed["answer"], arrival: Arrival): boolean {
  const { connection, contentType } = arrival;
  // Where Envoy looks at nothing, the destination refuses what Envoy's codec would have.
  if (wanted === "admitted" && codecRefuses(arrival, "-")) return ["pass", "400", "stream-reset"].includes(seen);
  if (wanted === "admitted") return seen === "pass";
  if (wanted === "closed") return seen === "reset" || seen === "close";
  if (wanted === 503) return seen === (isGrpcAnswer(contentType) ? "grpc-14" : "503");
  if (wanted === 400 && isHttp2(connection)) return seen === "stream-reset" || seen === "400";
  return seen === String(wanted);
}

const isHttp2 = (connection: Connection): boolean => connection.kind === "http" && connection.version === "2";

/** Envoy answers these as gRPC, over any version of HTTP. */
const isGrpcAnswer = (contentType: string | undefined): boolean => /^application\/grpc(?:\+|$)/.test(contentType ?? "");
