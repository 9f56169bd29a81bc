/**
 * What Envoy's access logs cost on the way of connections, and what reading them costs the agent: a sidecar as it is
 * shipped, beside one whose Envoy has the same configuration but for its logs.
 */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import { NAMES } from "../../src/compile/envoy/index.ts";
import { compilePolicy, DEFAULT_RAW_PORT, serveEnvoy } from "../../src/data-plane/agent/index.ts";
import { AGENT_SOCKET } from "../../src/data-plane/envoy/index.ts";
import { askSidecar, type HitsView } from "../../src/data-plane/hits/index.ts";
import { defaultIdentity } from "../../src/data-plane/host/index.ts";
import { type Listener, ListenerSchema } from "../../src/gen/envoy/config/listener/v3/listener_pb.js";
import { HttpConnectionManagerSchema } from "../../src/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { TcpProxySchema } from "../../src/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js";
import { encodeResource, messageIn, resourceSet, TYPE_URLS } from "../../src/xds/index.ts";
import { mixedRule } from "../rule-mix.ts";
import type { Measured } from "../run.ts";
import type { Snapshot } from "./bare-envoy.ts";
import { type Bed, startBed } from "./bed.ts";
import { cpuMs } from "./process-figures.ts";
import { policyOfMix, proxyPolicy } from "./rules.ts";
import { count, median } from "./statistics.ts";
import { startTraffic, type Traffic, tlsTo } from "./traffic.ts";

const ROUNDS = 15;
/** Before those that count: the agent's code is compiled meanwhile. */
const WARM_UP = 3;
const ROUND_MS = 1_000;
const PARALLEL = 8;
const PATIENCE_MS = 30_000;
/** Records reach the file and the agent meanwhile. */
const SETTLE_MS = 500;
/** One when it has reached its destination, and one at its end. */
const RECORDS_EACH = 2;
/**
 * Between 0.96 and 1.13 from run to run on two cores, which client, destination, both Envoys and the agent share: what the
 * agent does is taken from the rate as well.
 */
const MAX_TIME_RATIO = 1 / 0.8;
const MAX_ENVOY_RATIO = 1.2;
/**
 * Of the share that is promised for records alone: here the agent also wakes for each piece of the log, keeps counts and
 * open connections on disk, and does what it does when idle.
 */
const MAX_OF_SHARE = 1.5;
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

interface Side {
  readonly bed: Bed;
  readonly traffic: Traffic;
  made: number;
}

interface Round {
  /** New connections a second, as many as go. */
  readonly rate: number;
  /** The same at the pace. */
  readonly paced: number;
  /** CPU of a connection at the pace, µs. */
  readonly envoyUs: number;
  readonly agentUs: number;
}

/** `share`: of a core, for the agent at `perSecond` connections. */
export async function logCosts(
  envoy: string,
  rules: number,
  { perSecond, share }: { readonly perSecond: number; readonly share: number },
): Promise<Measured[]> {
  const closing: (() => Promise<void>)[] = [];
  const begin = async (): Promise<Side> => {
    const bed = await startBed(envoy, policyOfMix(rules));
    closing.push(bed.close);
    return { bed, traffic: await startTraffic(bed.testbed), made: 0 };
  };
  try {
    const [logged, silent] = [await begin(), await begin()];
    closing.unshift(await takeLogsAway(silent.bed, rules));
    const rounds: { readonly logged: Round; readonly silent: Round }[] = [];
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      // By turns also within a round: what changes slowly meets both alike.
      const first = await measure(round % 2 === 0 ? logged : silent, rules, perSecond);
      const second = await measure(round % 2 === 0 ? silent : logged, rules, perSecond);
      if (round < WARM_UP) continue;
      rounds.push(round % 2 === 0 ? { logged: first, silent: second } : { logged: second, silent: first });
    }
    await allArrived(logged);
    return told(rounds, rules, perSecond, share);
  } finally {
    for (const close of closing) await close();
  }
}

/** Instead of its agent, which ends, something else feeds the Envoy: the same configuration without logs. */
async function takeLogsAway(bed: Bed, rules: number): Promise<() => Promise<void>> {
  process.kill(bed.agent, "SIGKILL");
  while (existsSync(`/proc/${bed.agent}`)) await sleep(1);
  const connected = Promise.withResolvers<void>();
  const identity = defaultIdentity();
  const feed = await serveEnvoy({
    socketPath: join(bed.state, "run", AGENT_SOCKET),
    ...(identity.kind === "uid" && { uid: identity.uid }),
    onConnected: () => connected.resolve(),
    onDisconnected: () => undefined,
    log: SILENT,
  });
  await connected.promise;
  const host = { identity, rawPort: DEFAULT_RAW_PORT, resolvers: [], ipv6: bed.testbed.namespaces.ipv6 };
  const { snapshot } = compilePolicy(proxyPolicy(policyOfMix(rules)), host, []);
  const answer = await feed.offer(withoutLogs(snapshot));
  if (answer.kind === "rejected") throw new Error(`envoy rejected a configuration without logs: ${answer.why}`);
  await sleep(SETTLE_MS);
  return () => feed.stop();
}

function withoutLogs(snapshot: Snapshot): Snapshot {
  const listeners = [...snapshot.listeners].map(([name, resource]) => {
    const listener = fromBinary(ListenerSchema, messageIn(resource));
    const taken = takeLogs(listener);
    if (taken < 2) throw new Error(`${name} had ${taken} access logs, and is not what this bench knows`);
    return encodeResource(TYPE_URLS.listener, name, toBinary(ListenerSchema, listener));
  });
  return { ...snapshot, listeners: resourceSet(listeners) };
}

/** How many there were. */
function takeLogs(listener: Listener): number {
  let taken = listener.accessLog.splice(0).length;
  for (const { configType } of listener.filterChains.flatMap(({ filters }) => filters)) {
    if (configType.case !== "typedConfig") continue;
    for (const schema of [TcpProxySchema, HttpConnectionManagerSchema]) {
      const config = anyUnpack(configType.value, schema);
      if (config === undefined) continue;
      taken += config.accessLog.splice(0).length;
      delete config.accessLogOptions;
      configType.value = anyPack(schema, config);
    }
  }
  return taken;
}

async function measure(side: Side, rules: number, perSecond: number): Promise<Round> {
  const { bed } = side;
  const before = sizeOfLog(bed);
  const { rate } = await loaded(side, rules);
  await sleep(SETTLE_MS);
  const [envoy, agent] = [cpuMs(bed.envoy), agentMs(bed)];
  const { rate: paced, answered } = await loaded(side, rules, perSecond);
  await sleep(SETTLE_MS);
  const each = (ms: number): number => (1_000 * ms) / answered;
  if (!existsSync(`/proc/${bed.agent}`) && sizeOfLog(bed) !== before)
    throw new Error("the Envoy without logs has written some");
  return { rate, paced, envoyUs: each(cpuMs(bed.envoy) - envoy), agentUs: each(agentMs(bed) - agent) };
}

const sizeOfLog = ({ state }: Bed): number => statSync(join(state, "run", NAMES.logFile)).size;
const agentMs = ({ agent }: Bed): number => (existsSync(`/proc/${agent}`) ? cpuMs(agent) : 0);

/** All are answered: they are allowed, and a rate of failures would mean nothing. */
async function loaded(side: Side, rules: number, perSecond?: number): Promise<{ rate: number; answered: number }> {
  const target = tlsTo(mixedRule(Math.floor((rules - 1) / 10) * 10 + 4).value);
  const pace = perSecond === undefined ? {} : { perSecond };
  const {
    answered,
    failed,
    perSecond: rate,
  } = await side.traffic.load({
    ...{ target, parallel: PARALLEL, forMs: ROUND_MS },
    ...pace,
  });
  if (failed > 0 || answered === 0) throw new Error(`${failed} of ${answered + failed} connections failed`);
  side.made += answered;
  return { rate, answered };
}

/** Every connection was counted for its rule, and no record was lost. */
async function allArrived({ bed, made }: Side): Promise<void> {
  const asked = performance.now();
  for (;;) {
    const { rules, records }: HitsView = JSON.parse(await askSidecar(bed.state, "/hits"));
    const hits = rules.reduce((sum, rule) => sum + rule.hits, 0);
    if (hits === made && records.read === RECORDS_EACH * made && records.lost + records.unread === 0) return;
    if (performance.now() - asked > PATIENCE_MS)
      throw new Error(`of ${made} connections ${hits} were counted: ${JSON.stringify(records)}`);
    await sleep(SETTLE_MS);
  }
}

type Both = readonly { readonly logged: Round; readonly silent: Round }[];

function told(rounds: Both, rules: number, perSecond: number, share: number): Measured[] {
  const of = (side: "logged" | "silent", figure: keyof Round): number => median(rounds.map((r) => r[side][figure]));
  const rates = (side: "logged" | "silent"): string => `${count(Math.round(of(side, "rate")))}/s`;
  const agent = (of("logged", "agentUs") * perSecond) / 1e6;
  const at = `${count(rules)} rules, ${count(Math.round(of("logged", "paced")))} connections/s`;
  return [
    {
      question: `${count(rules)} rules, access logs: time of a new connection, median of ${rounds.length} interleaved`,
      ours: `${rates("logged")}, the agent reading`,
      against: `without any log: ${rates("silent")}`,
      ratio: median(rounds.map(({ logged, silent }) => silent.rate / logged.rate)),
      limit: MAX_TIME_RATIO,
    },
    {
      question: `${at}, access logs: Envoy's CPU for a connection, median of ${rounds.length} interleaved`,
      ours: `${of("logged", "envoyUs").toFixed(0)} µs`,
      against: `without any log: ${of("silent", "envoyUs").toFixed(0)} µs`,
      ratio: median(rounds.map(({ logged, silent }) => logged.envoyUs / silent.envoyUs)),
      limit: MAX_ENVOY_RATIO,
    },
    {
      question: `${at}: agent's CPU for a connection, all records counted`,
      ours: `${of("logged", "agentUs").toFixed(1)} µs: ${(100 * agent).toFixed(1)} % of a core at ${count(perSecond)}/s`,
      against: `${share * 100} % of a core`,
      ratio: agent / share,
      limit: MAX_OF_SHARE,
    },
  ];
}
