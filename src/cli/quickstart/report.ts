import { type Cell, renderTable } from "../table.ts";
import type { Styles, Terminal } from "../terminal.ts";
import { isAsWanted, type Outcome } from "./observe.ts";
import { expectation, type Plan } from "./plan.ts";

/** The table of all connections, and one line that counts. */
export function renderOutcomes(
  plan: Plan,
  outcomes: readonly Outcome[],
  { outStyles: styles, columns }: Terminal,
): string {
  const rows = outcomes.map((outcome) => rowOf(plan, outcome, styles));
  const titles = ["CONNECTION", "WANTED", "OBSERVED", "BECAUSE"];
  const table = renderTable(rows, { titles, titleStyle: styles.strong, width: columns });
  const good = outcomes.filter(isAsWanted).length;
  const tint = good === outcomes.length ? styles.good : styles.bad;
  return `${table}\n${tint(`${good} of ${outcomes.length} connections as wanted`)}\n`;
}

function rowOf(plan: Plan, outcome: Outcome, styles: Styles): Cell[] {
  const style = isAsWanted(outcome) ? styles.good : styles.bad;
  return [outcome.planned.text, outcome.planned.case.want, { text: seen(outcome), style }, because(plan, outcome)];
}

/** `allow`, `deny (503)`, and in capitals what must never be. */
function seen({ verdict, answer, leaked }: Outcome): string {
  if (verdict === "allow") return "allow";
  return leaked ? `LEAKED (${answer})` : `deny (${answer})`;
}

function because(plan: Plan, { planned, verdict }: Outcome): string {
  const expected = expectation(plan.proxy, planned);
  return expected.verdict.kind === verdict ? expected.because : `NOT WHAT THE POLICIES SAY: ${expected.because}`;
}

/** What a change of the files did to the connections; empty where nothing did. */
export function renderChanges(
  plan: Plan,
  before: readonly Outcome[],
  after: readonly Outcome[],
  styles: Styles,
): string {
  const old = new Map(before.map((outcome) => [outcome.planned.text, outcome]));
  const changed = after.filter((outcome) => {
    const was = old.get(outcome.planned.text);
    return was === undefined || seen(was) !== seen(outcome);
  });
  const rows = changed.map((outcome): Cell[] => {
    const was = old.get(outcome.planned.text);
    const style = outcome.verdict === "allow" ? styles.good : styles.warn;
    return [
      outcome.planned.text,
      was === undefined ? "new" : seen(was),
      "→",
      { text: seen(outcome), style },
      because(plan, outcome),
    ];
  });
  return renderTable(rows, { indent: "  " });
}
