/** A policy, a connection, and where two accounts of it differ. */
import { compileEnvoy, type EnvoySettings, NAMES } from "../../src/compile/envoy/index.ts";
import { buildTable } from "../../src/compile/table/index.ts";
import { decide } from "../../src/policy/decide/index.ts";
import { type Connection, type EffectivePolicy, isL7 } from "../../src/policy/model/index.ts";
import { type Answer, type Arrival, codecRefuses, type EnvoyModel, modelOf } from "../../src/simulate/index.ts";

/** Two engines that should agree, and where they did not. */
export interface Disagreement {
  readonly policy: EffectivePolicy;
  readonly arrival: Arrival;
  readonly what: string;
}

/** What is wrong with the answer to an arrival; undefined: nothing. Made for one policy, asked many times. */
export type Judge = (arrival: Arrival) => string | undefined;

const SETTINGS: EnvoySettings = {
  outboundPort: 15_001,
  rawPort: 15_003,
  inspectionTimeoutMs: 5_000,
  accessLog: "file",
};

/** Where `decide` and the compiled configuration, as the model runs it, say different things. */
export function judgeMatcher(policy: EffectivePolicy): Judge {
  const model = modelOf(compileEnvoy(buildTable(policy), SETTINGS));
  const [fault] = model.faults;
  return fault === undefined ? (arrival) => judged(policy, model, arrival) : () => fault;
}

function judged(policy: EffectivePolicy, model: EnvoyModel, arrival: Arrival): string | undefined {
  const { connection, isOwn } = arrival;
  const answer = model.answer(NAMES.out, arrival);
  const wanted = isOwn === true ? "closed" : wantedAnswer(policy, arrival);
  if (answer !== wanted) return `at ${NAMES.out}: ${wanted} by decide, ${answer} by the model`;
  const opaque: Connection = { kind: "opaque", destination: connection.destination };
  const raw = model.answer(NAMES.raw, arrival);
  const rawWanted = isOwn !== true && decide(policy, opaque).kind === "allow" ? "admitted" : "closed";
  return raw === rawWanted ? undefined : `at ${NAMES.raw}: ${rawWanted} by decide, ${raw} by the model`;
}

/** What `decide` and the documented answers ask for. */
export function wantedAnswer(policy: EffectivePolicy, arrival: Arrival): Answer {
  const { connection, upgrade } = arrival;
  const isAllowed = decide(policy, connection).kind === "allow";
  const isUnread = !isPlainSide(policy, connection) || connection.kind === "tls";
  if (isUnread) return isAllowed ? "admitted" : "closed";
  if (connection.kind === "opaque" || codecRefuses(arrival, "-")) return 400;
  if (upgrade !== undefined && upgrade !== "websocket") return 403;
  return isAllowed ? "admitted" : 503;
}

/** Is plaintext to this port handed to the HTTP side? Not where a `tcp` rule, or a mode, decides. */
function isPlainSide(policy: EffectivePolicy, { destination }: Connection): boolean {
  if (policy.enforced !== true || policy.mode.value !== "Matched") return false;
  if (decide(policy, { kind: "opaque", destination }).kind === "allow") return false;
  return policy.rules.some(
    ({ value: { protocol, port } }) => isL7(protocol) && (port === undefined || port === destination.port),
  );
}
