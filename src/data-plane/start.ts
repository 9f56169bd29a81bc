import { join } from "node:path";
import { EFFECTIVE_POLICY_TYPE_URL, encodeHead, resourceName } from "../compile/agent/index.ts";
import { type Acceptance, type AdsClient, connectDelta } from "../xds/index.ts";
import {
  bytesOf,
  type Compile,
  type CompiledPolicy,
  compilePolicy,
  denyAll,
  type Enforcer,
  type EnvoyFeed,
  enforcer,
  type FileOwner,
  type InForce,
  policyKeeper,
  type RedirectKeeper,
  type Revocation,
  revocation,
  type SidecarStatus,
  type StatusPages,
  serveEnvoy,
  serveStatus,
  writePolicyFile,
} from "./agent/index.ts";
import {
  AGENT_SOCKET,
  type EnvoyProcess,
  envoyBootstrap,
  envoyKey,
  envoyVersion,
  findEnvoy,
  runEnvoy,
} from "./envoy/index.ts";
import { createLog, describeIdentity, errorText, HostError, keepMemory, type Log } from "./host/index.ts";
import { type Observation, observe } from "./observe.ts";
import {
  ensureRedirect,
  hostFacts,
  type Initial,
  initialPolicy,
  makeFolders,
  type Paths,
  tryConntrack,
} from "./prepare.ts";
import { type Quarantine, tryOut } from "./quarantine/index.ts";
import { type LineSink, type OpenConnections, openConnections, openLineSink } from "./report/index.ts";
import { restoreConnections } from "./reporter.ts";
import { type CheckedSettings, checkSettings, type SidecarSettings } from "./settings.ts";
import { openCutter } from "./sockets/index.ts";

/** A running sidecar. */
export interface Sidecar {
  /** Envoy has acknowledged its first configuration, be it the denial of everything. */
  readonly enforcing: Promise<void>;
  /** Envoy has acknowledged a policy: the workload may start. */
  readonly ready: Promise<void>;
  status(): SidecarStatus;
  /** Take a policy as from a control plane: the bytes of a `sallyport.v1.EffectivePolicy`. */
  apply(policy: Uint8Array): Promise<Acceptance>;
  /** End Envoy and the agent. The redirection stays, so nothing gets out from then on. */
  stop(): Promise<void>;
}

/** What tests may put in the place of the real thing. */
export interface Seams {
  readonly log?: Log;
  /** Given the real compiler, the one to use: to see what a refusal by Envoy does. */
  readonly compile?: (real: Compile) => Compile;
}

/**
 * Put one workload's redirection in force, run its Envoy, and keep both to the policy that the control plane gives, or
 * to the last one accepted. Rejects with a HostError that says what to do; the redirection may then be in force already,
 * and nothing gets out.
 */
export async function start(given: SidecarSettings, seams: Seams = {}): Promise<Sidecar> {
  const settings = checkSettings(given);
  const log = seams.log ?? createLog({ mesh: settings.owner.mesh, workload: settings.owner.name });
  const started: Started = [];
  try {
    return await assemble(settings, seams, log, started);
  } catch (error) {
    await stopAll(started);
    throw error;
  }
}

/** How to stop what runs, in the order in which it was started. */
type Started = (() => void | Promise<void>)[];

async function stopAll(started: Started): Promise<void> {
  for (const stop of started.splice(0).reverse()) await stop();
}

async function assemble(settings: CheckedSettings, seams: Seams, log: Log, started: Started): Promise<Sidecar> {
  const paths = makeFolders(settings.stateFolder);
  let status = (): SidecarStatus => STARTING;
  // first of all: a second sidecar with this folder stops here
  let pages: StatusPages = () => undefined;
  const statusServer = await orTell(
    serveStatus(
      paths.status,
      () => status(),
      (question) => pages(question),
    ),
  );
  started.push(() => statusServer.stop());
  const binary = findEnvoy(settings.envoyPath === undefined ? {} : { path: settings.envoyPath });
  // listened on early: whoever connects gets nothing until something is offered
  let envoy: EnvoyProcess | undefined;
  const serving = serveEnvoy({
    socketPath: join(paths.run, AGENT_SOCKET),
    ...(settings.identity.kind === "uid" && { uid: settings.identity.uid }),
    onConnected: () => log.info({}, "envoy connected"),
    onDisconnected: () => envoy?.check(),
    log,
  });
  const feed = await orTell(serving);
  started.push(() => feed.stop());
  // its answer takes as long as reading and compiling the policy
  const asked = envoyVersion(binary, settings.identity, paths.run);
  const key = asked.then((version) => envoyKey(binary, version));
  key.catch(() => undefined); // waited for below
  const host = await hostFacts(settings);
  let latest: CompiledPolicy | undefined;
  const plain: Compile = (policy, earlierHttpPorts) => {
    latest = compilePolicy(policy, host, earlierHttpPorts, latest);
    return latest;
  };
  const compile = seams.compile?.(plain) ?? plain;
  const initial = await initialPolicy(paths.policy, settings.owner, key, compile, log);
  // no Envoy that runs here: nothing is redirected to it
  const [version, owner] = [await asked, { ...settings.owner, envoy: await key }];
  const redirect = await ensureRedirect(settings, initial.inForce, log);
  if (redirect !== undefined) started.push(() => redirect.stop());

  const needs = { settings, paths, owner, binary, compile, initial, redirect, feed, log, started };
  const parts = await enforceWith(needs, (launched) => {
    envoy = launched;
  });
  log.info(
    { envoy: version, identity: describeIdentity(settings.identity), adopted: parts.envoy.adopted },
    "sidecar started",
  );
  const memory = keepMemory();
  started.push(() => memory.stop());
  const enforcing = parts.enforce.begin();
  if (parts.envoy.adopted) void enforcing.then(() => parts.revoke.review(parts.enforce.inForce.compiled.policy));
  const apply = (policy: Uint8Array) => parts.enforce.apply(policy).finally(() => memory.soon());
  void enforcing.finally(() => memory.soon());
  const controlPlane = connect(settings, parts.enforce.inForce, apply, log);
  if (controlPlane !== undefined) started.push(() => controlPlane.stop());
  status = () => statusOf(parts, controlPlane);
  pages = parts.observed.pages(status);
  return {
    enforcing,
    ready: enforcing.then(() => parts.enforce.received),
    status,
    apply,
    stop: () => stopAll(started),
  };
}

/** What keeps a socket from being listened on is the operator's to mend. */
const orTell = <T>(listening: Promise<T>): Promise<T> =>
  listening.catch((error: unknown) => {
    throw new HostError(errorText(error));
  });

interface Needs {
  readonly settings: CheckedSettings;
  readonly paths: Paths;
  readonly owner: FileOwner;
  readonly binary: string;
  readonly compile: Compile;
  readonly initial: Initial;
  readonly redirect: RedirectKeeper | undefined;
  readonly feed: EnvoyFeed;
  readonly log: Log;
  readonly started: Started;
}

interface Parts {
  readonly feed: EnvoyFeed;
  readonly enforce: Enforcer;
  readonly observed: Observation;
  readonly connections: OpenConnections;
  readonly sink: LineSink;
  readonly envoy: EnvoyProcess;
  readonly quarantine: Quarantine;
  readonly revoke: Revocation;
}

/** Envoy, what it is given, and what becomes of what it says. */
async function enforceWith(needs: Needs, launched: (envoy: EnvoyProcess) => void): Promise<Parts> {
  const { settings, paths, owner, binary, compile, initial, redirect, feed, log, started } = needs;
  const { identity, rawPort } = settings;
  const { quarantine } = initial;
  const sink = openLineSink(settings.logFile, {
    failed: (error) => log.error({ error: errorText(error) }, "cannot write the report; its lines are lost meanwhile"),
    works: () => log.info({}, "the report is written again"),
  });
  const connections = openConnections(2 * settings.maxConnections);
  const [cutter, conntrack] = [openCutter(log), tryConntrack(log)];
  started.push(() => {
    cutter.close();
    conntrack?.close();
    return sink.close();
  });
  let observed: Observation | undefined;
  let envoy: EnvoyProcess | undefined;
  const revoke = revocation({
    ...{ connections, cutter, conntrack, rawPort, log },
    ports: () => enforce.inForce.compiled.ports,
    revocation: settings.revocation,
    report: (line) => observed?.report.cut(line),
  });
  const change: Revocation["changed"] = (change) => {
    observed?.ledger.rules.changed(change);
    observed?.records.keepSoon();
    return revoke.changed(change);
  };
  const keeper = policyKeeper(writePolicyFile.bind(undefined, paths.policy, owner), log);
  started.push(() => keeper.stop());
  const trial = { binary, identity, folder: paths.trial, timeoutMs: TRIAL_MS };
  const enforce = enforcer(
    {
      ...{ owner, compile, feed, redirect, revocation: { ...revoke, changed: change }, quarantine, log },
      store: keeper.keep,
      tryOut: ({ snapshot }) => tryOut(bytesOf(snapshot), trial),
    },
    initial.inForce,
    denyAll(owner),
  );
  observed = observe({
    ...{ owner, paths, rawPort, connections, sink, enforce, revoke, log },
    revocation: settings.revocation,
    envoy: () => envoy?.current(),
  });
  const { records, watch } = observed;
  started.push(() => records.close());

  restoreConnections(paths.journal, connections);
  await records.catchUp(); // what was let through while there was no agent
  envoy = await launchEnvoy(needs, () => {
    records.envoyEnded();
    connections.clear();
  });
  const process = envoy;
  launched(process);
  started.push(() => process.stop());
  if (process.adopted) revoke.adopt();
  else connections.clear();
  records.envoyRuns(process.adopted);
  started.push(watch());
  return { feed, enforce, observed, connections, sink, envoy, quarantine, revoke };
}

/** A throw-away Envoy takes half a second for 10,000 rules. */
const TRIAL_MS = 10_000;

function launchEnvoy({ settings, paths, binary, log }: Needs, onEnded: () => void): Promise<EnvoyProcess> {
  const { owner, identity, concurrency, maxConnections, maxHeapBytes, envoyLogLevel } = settings;
  return runEnvoy(
    {
      ...{ binary, identity, concurrency, onEnded },
      runFolder: paths.run,
      bootstrap: envoyBootstrap({ ...owner, maxConnections, maxHeapBytes }),
      workload: owner.name,
      logPath: paths.envoyLog,
      logLevel: envoyLogLevel,
    },
    log,
  );
}

type ControlPlaneClient = Pick<AdsClient, "isConnected" | "stop">;

function connect(
  { owner, controlPlane }: CheckedSettings,
  inForce: InForce,
  apply: Sidecar["apply"],
  log: Log,
): ControlPlaneClient | undefined {
  if (controlPlane === undefined) return undefined;
  const name = resourceName({ mesh: owner.mesh, proxy: owner.name });
  return connectDelta({
    address: controlPlane,
    node: { id: name, cluster: owner.mesh },
    type: EFFECTIVE_POLICY_TYPE_URL,
    name,
    // what is on disk need not be sent again, but it is offered again: Envoy may have refused it
    earlierBody: inForce.bytes?.subarray(encodeHead({ mesh: owner.mesh, proxy: owner.name }).length),
    accept: apply,
    onConnected: () => log.info({}, "control plane connected"),
    onDisconnected: (reason, retryMs) =>
      log.warn({ reason, againInMs: Math.round(retryMs) }, "no control plane; the last accepted policy stays in force"),
  });
}

const STARTING: SidecarStatus = {
  ready: false,
  envoy: "behind",
  policy: "none",
  mode: "None",
  rules: 0,
  quarantine: { rules: [], trials: 0 },
  controlPlane: "not connected",
  openConnections: 0,
  denied: 0,
  cut: 0,
  spared: { draining: 0, drained: 0, kept: 0 },
  lost: { records: 0, unread: 0, lines: 0, connections: 0 },
  behind: 0,
};

function statusOf(parts: Parts, controlPlane: ControlPlaneClient | undefined): SidecarStatus {
  const { feed, enforce, connections, sink, envoy, quarantine } = parts;
  const { report, ledger, records } = parts.observed;
  const { bytes, compiled, quarantined } = enforce.inForce;
  const pid = envoy.current()?.pid;
  return {
    ready: bytes !== undefined && feed.isSettled,
    envoy: feed.isSettled ? "in step" : "behind",
    ...(pid !== undefined && { pid }),
    policy: bytes === undefined ? "none" : "in force",
    mode: compiled.policy.mode.value,
    rules: compiled.policy.rules.length,
    quarantine: { rules: quarantined, trials: quarantine.trials },
    controlPlane: controlPlane === undefined ? "none" : controlPlane.isConnected ? "connected" : "not connected",
    openConnections: connections.size,
    denied: ledger.denied.total,
    cut: report.wereCut,
    spared: parts.revoke.counts,
    lost: {
      records: records.lost,
      unread: report.unread,
      lines: sink.lost,
      connections: connections.overlooked,
    },
    behind: records.behind,
  };
}
