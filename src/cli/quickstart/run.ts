import { relative } from "node:path";
import type { Log } from "../../control-plane/index.ts";
import { renderDiagnostics } from "../diagnostics.ts";
import { CommandError, EXIT } from "../exit-codes.ts";
import { readTexts } from "../input.ts";
import { asCommandError } from "../operator-fault.ts";
import type { Terminal } from "../terminal.ts";
import { watchEdits } from "./edits.ts";
import { isAsWanted, observe } from "./observe.ts";
import { type Plan, planOf } from "./plan.ts";
import { renderOutcomes } from "./report.ts";
import { type Session, startSession } from "./session.ts";

export interface QuickstartSettings {
  /** Absolute. */
  readonly folder: string;
  readonly envoy?: string;
  readonly exit: boolean;
}

/** Was every connection as wanted? Without `exit` it answers when the user stops it, about the first round. */
export async function runQuickstart(settings: QuickstartSettings, terminal: Terminal): Promise<boolean> {
  const { folder } = settings;
  const stopped = terminal.stopSignal();
  const shown = relative(terminal.cwd, folder) || ".";
  const plan = await readPlan(shown, terminal);
  const { errStyles: styles } = terminal;
  terminal.err(`${styles.strong("sallyport quickstart")}  ${shown}\n`);
  const { findEnvoy } = await import("../../data-plane/envoy/index.ts");
  const envoy = await asCommandError(async () =>
    findEnvoy(settings.envoy === undefined ? {} : { path: settings.envoy }),
  );
  const began = performance.now();
  const session = await startSession({
    policies: folder,
    plan,
    envoy,
    log: logTo(terminal),
    progress: (text) => terminal.err(`  ${styles.faint(text)}\n`),
  });
  try {
    if (stopped.aborted) return false;
    terminal.err(`  ${styles.faint(`ready after ${((performance.now() - began) / 1000).toFixed(1)} s`)}\n\n`);
    const outcomes = await observe(session.testbed, plan);
    terminal.out(renderOutcomes(plan, outcomes, terminal));
    const isGood = outcomes.every(isAsWanted);
    if (settings.exit) return isGood;
    terminal.err(invitation(shown, session, plan, terminal));
    await watchEdits({ folder, shown, session, plan, outcomes, terminal, stopped });
    return isGood;
  } finally {
    await session.stop();
  }
}

/** The folder as a plan; its faults are printed. Throws where there is nothing to run. */
async function readPlan(shown: string, terminal: Terminal): Promise<Plan> {
  const texts = await readTexts([shown], terminal, { withAssertions: true });
  const plan = planOf(texts);
  if (plan.diagnostics.length > 0) terminal.err(`${renderDiagnostics(plan.diagnostics, texts, terminal.errStyles)}\n`);
  if ("problem" in plan) throw new CommandError(EXIT.no, `\`${shown}\` cannot be run: ${plan.problem}`);
  return plan;
}

/** What the control plane has to say to an operator: warnings and errors. */
const logTo = ({ err, errStyles }: Terminal): Log => ({
  info: () => undefined,
  warn: (_fields, message) => err(`${errStyles.warn("warning:")} ${message}\n`),
  error: (_fields, message) => err(`${errStyles.bad("error:")} ${message}\n`),
});

function invitation(shown: string, { testbed }: Session, plan: Plan, { errStyles: styles }: Terminal): string {
  const probe = plan.connections.find(({ connection }) => connection.kind === "http");
  const name = probe?.connection.kind === "http" ? probe.connection.host : undefined;
  const enter = testbed.namespaces.workload.enter(["curl", "-sv", `http://${name ?? "example.com"}/`], {
    as: "workload",
  });
  return [
    "",
    `Edit a file in ${styles.strong(shown)}: the change is enforced at once and shown here. For example, take a rule out of`,
    "a policy and watch its connections fall, or write another name into one. Connections that stay allowed live on.",
    "",
    "To look from inside the workload, in another terminal:",
    `  ${enter.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ")}`,
    "",
    "Ctrl-C ends everything and leaves nothing behind.",
    "",
  ].join("\n");
}
