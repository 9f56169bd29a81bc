import { readdirSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { renderDiagnostics } from "../diagnostics.ts";
import { readTexts } from "../input.ts";
import type { Terminal } from "../terminal.ts";
import { type Outcome, observe } from "./observe.ts";
import { type Plan, planOf } from "./plan.ts";
import { renderChanges } from "./report.ts";
import type { Session } from "./session.ts";

interface Watched {
  readonly folder: string;
  /** The folder as the user calls it. */
  readonly shown: string;
  readonly session: Session;
  readonly plan: Plan;
  readonly outcomes: readonly Outcome[];
  readonly terminal: Terminal;
  readonly stopped: AbortSignal;
}

/** An editor writes a file in several steps; the control plane waits about as long. */
const QUIET_MS = 60;
/** After this long an edit that the sidecar has not acknowledged is taken for one that changes nothing for it. */
const ACKNOWLEDGED_WITHIN_MS = 1_000;

/** Shows what each edit does, until stopped or the sidecar ends. */
export async function watchEdits(watched: Watched): Promise<void> {
  const { folder, session, terminal, stopped } = watched;
  let { plan, outcomes } = watched;
  let isDirty = false;
  const watcher = watch(folder, { recursive: true, signal: stopped }, () => {
    isDirty = true;
  });
  watcher.on("error", () => undefined); // the signal ends it that way
  let ended: string | undefined;
  session.sidecarEnded.then((how) => {
    ended = how;
  });
  let before = await session.acknowledged();
  while (!stopped.aborted && ended === undefined) {
    await sleep(20);
    if (!isDirty) continue;
    while (isDirty) {
      isDirty = false;
      await sleep(QUIET_MS);
    }
    const editedMs = newestChangeMs(folder);
    const after = await acknowledgedAfter(session, before?.version);
    const next = await planNow(watched);
    if (next === undefined) continue;
    for (const [port, behaviour] of next.ports)
      if (!plan.ports.has(port)) await session.testbed.destinations.listen([port], behaviour);
    const isNew = after !== undefined && after.version !== before?.version;
    const took = isNew
      ? `enforced ${Math.max(0, after.atMs - editedMs).toFixed(0)} ms after the edit`
      : "nothing changes for this workload";
    terminal.out(`${new Date().toTimeString().slice(0, 8)}  ${took}\n`);
    const observed = await observe(session.testbed, next);
    terminal.out(renderChanges(next, outcomes, observed, terminal.outStyles));
    before = after ?? before;
    plan = next;
    outcomes = observed;
  }
  watcher.close();
  if (ended !== undefined && !stopped.aborted) terminal.err(`${terminal.errStyles.bad("error:")} ${ended}\n`);
}

async function acknowledgedAfter(session: Session, version: string | undefined): ReturnType<Session["acknowledged"]> {
  for (const deadline = performance.now() + ACKNOWLEDGED_WITHIN_MS; performance.now() < deadline; await sleep(10)) {
    const now = await session.acknowledged();
    if (now !== undefined && now.version !== version) return now;
  }
  return session.acknowledged();
}

/** The folder as it is now. A file with faults keeps what it last said in force; the faults are printed. */
async function planNow({ shown, terminal }: Watched): Promise<Plan | undefined> {
  const texts = await readTexts([shown], terminal, { withAssertions: true });
  const plan = planOf(texts);
  const errors = plan.diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) terminal.err(`${renderDiagnostics(errors, texts, terminal.errStyles)}\n`);
  if (!("problem" in plan) && errors.length === 0) return plan;
  terminal.err("what was in force before stays in force\n");
  return undefined;
}

function newestChangeMs(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.max(
    ...entries.map((entry) => statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.mtimeMs ?? 0),
  );
}
