import { chmodSync, mkdirSync, realpathSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { decodeEffectivePolicy } from "../compile/agent/index.ts";
import type { PortKey } from "../compile/table/index.ts";
import { portFromNumber } from "../policy/net/index.ts";
import {
  type Compile,
  denyAll,
  type FileOwner,
  type HostFacts,
  type InForce,
  keepRedirect,
  knownConflicts,
  type RedirectKeeper,
  readPolicyFile,
  withRules,
} from "./agent/index.ts";
import { STATUS_SOCKET } from "./hits/index.ts";
import { errorText, HostError, type Log } from "./host/index.ts";
import { LIMITS, type Quarantine, quarantine } from "./quarantine/index.ts";
import { checkRedirected, installRedirect, verifyRedirect } from "./redirect/index.ts";
import type { CheckedSettings } from "./settings.ts";
import { type Conntrack, openConntrack } from "./sockets/index.ts";

/** What is where in the state folder. */
export interface Paths {
  /** Envoy's own folder, with its sockets. */
  readonly run: string;
  readonly policy: string;
  readonly journal: string;
  readonly counts: string;
  readonly status: string;
  readonly envoyLog: string;
  /** Where throw-away Envoys find what they are to judge. */
  readonly trial: string;
}

/** Make the state folder, for this user alone. Throws a HostError. */
export function makeFolders(stateFolder: string): Paths {
  try {
    const run = join(stateFolder, "run");
    mkdirSync(run, { recursive: true, mode: 0o700 });
    chmodSync(stateFolder, 0o700);
    chmodSync(run, 0o700);
    const state = realpathSync(stateFolder);
    return {
      run: realpathSync(run),
      policy: join(state, "policy.json"),
      journal: join(state, "open-connections.jsonl"),
      counts: join(state, "counts.json"),
      status: join(state, STATUS_SOCKET),
      envoyLog: join(state, "envoy.log"),
      trial: join(state, "trial"),
    };
  } catch (error) {
    throw new HostError(`cannot use \`${stateFolder}\` for state: ${errorText(error)}`);
  }
}

/** What this host can do. */
export async function hostFacts(settings: CheckedSettings): Promise<HostFacts> {
  const { identity, resolvers, rawPort, fixedOutboundPort } = settings;
  return {
    identity,
    resolvers,
    ipv6: await canListen("::1"),
    ...(rawPort !== undefined && { rawPort }),
    ...(fixedOutboundPort !== undefined && { fixedOutboundPort }),
  };
}

function canListen(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port: 0, host }, () => server.close(() => resolve(true)));
  });
}

/** What is in force before a control plane says anything. */
export interface Initial {
  readonly inForce: InForce;
  readonly quarantine: Quarantine;
}

/**
 * The policy on disk, without the rules that this Envoy is known to reject; or the denial of everything. A file that
 * cannot be used counts as none, and the log says why. Which Envoy it is, is waited for only where that matters.
 */
export async function initialPolicy(
  path: string,
  owner: Omit<FileOwner, "envoy">,
  envoy: Promise<string>,
  compile: Compile,
  log: Log,
): Promise<Initial> {
  const nothing = (): Initial => ({
    inForce: { compiled: compile(denyAll(owner), []), quarantined: [] },
    quarantine: quarantine({ limits: LIMITS }),
  });
  const read = readPolicyFile(path, owner);
  if (read.kind === "none") {
    log.warn({}, "no policy was ever received: everything is denied until one comes");
    return nothing();
  }
  const ignored = (why: string): Initial => {
    log.warn({ path, why }, "the policy on disk cannot be used: everything is denied until another one comes");
    return nothing();
  };
  if (read.kind === "unusable") return ignored(read.why);
  const { policy: bytes, extraHttpPorts } = read.stored;
  const decoded = decodeEffectivePolicy(bytes);
  if (!decoded.ok) return ignored(decoded.faults.join("; "));
  const ports = extraHttpPorts.flatMap((port): PortKey[] => {
    if (port === "any") return [port];
    const parsed = portFromNumber(port);
    return parsed.ok ? [parsed.value] : [];
  });
  const kept = quarantine({ limits: LIMITS, known: await knownConflicts(read.stored, envoy) });
  const { kept: rules, quarantined } = kept.sift(decoded.value.policy.rules);
  log.info({ rules: rules.length, inQuarantine: quarantined.length }, "policy from disk");
  return {
    inForce: { compiled: compile(withRules(decoded.value, rules), ports), quarantined, bytes },
    quarantine: kept,
  };
}

/**
 * The redirection, in force and proved to be, before Envoy runs. Undefined where this sidecar does not change it.
 * Throws a HostError where it is not in force.
 */
export async function ensureRedirect(
  settings: CheckedSettings,
  { compiled }: InForce,
  log: Log,
): Promise<RedirectKeeper | undefined> {
  const { redirect, sets } = compiled;
  if (settings.redirect === "none" || redirect === undefined) return undefined;
  if (settings.redirect === "install") await installRedirect(redirect, sets);
  else {
    const found = await verifyRedirect();
    if (found.kind !== "in force")
      throw new HostError(
        `the redirection is not in force (${found.kind === "absent" ? "there is none" : found.why}): run \`sallyport redirect install\` first`,
      );
  }
  const seen = await checkRedirected(compiled.ports);
  if (seen.kind === "not redirected")
    throw new HostError(
      `the redirection is installed, and ${seen.why}: look for other rules with \`nft list ruleset\``,
    );
  log.info({ seen: seen.kind, ...("why" in seen && { why: seen.why }) }, "redirection in force");
  return settings.redirect === "install" ? keepRedirect({ settings: redirect, sets }, log) : undefined;
}

/** Without it, sockets that nobody can explain are cut at the first change that takes something away. */
export function tryConntrack(log: Log): Conntrack | undefined {
  try {
    return openConntrack();
  } catch (error) {
    log.warn({ error: errorText(error) }, "cannot ask the kernel where connections were going");
    return undefined;
  }
}
