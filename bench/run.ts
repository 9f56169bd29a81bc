/**
 * `npm run bench [-- NAME…]`: one file a question. Each measures ours and its peer (or limit) in the same run and gives a
 * ratio; absolute figures of one machine are noise. Writes bench/results.json; ends with 1 where a limit is missed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** One measured answer. */
export interface Measured {
  readonly question: string;
  /** What was compared, with units. */
  readonly ours: string;
  readonly against: string;
  /** Ours ÷ peer, or ours ÷ limit. */
  readonly ratio: number;
  /** The ratio that is still good; absent where nothing is promised. */
  readonly limit?: number;
}

const BENCHES: Readonly<Record<string, () => Promise<{ run(args: readonly string[]): Promise<readonly Measured[]> }>>> =
  {
    check: () => import("./check.ts"),
    "access-log": () => import("./access-log.ts"),
    "cli-start": () => import("./cli-start.ts"),
    "control-plane": () => import("./control-plane.ts"),
    diff: () => import("./diff.ts"),
    edits: () => import("./edits.ts"),
    "edit-to-enforced": () => import("./edit-to-enforced.ts"),
    "envoy-scale": () => import("./envoy-scale.ts"),
    "select-merge": () => import("./select-merge.ts"),
    why: () => import("./why.ts"),
  };

const here = dirname(fileURLToPath(import.meta.url));
const file = join(here, "results.json");
const [names, args] = splitArguments(process.argv.slice(2));
const unknown = names.filter((n) => !(n in BENCHES));
if (unknown.length > 0) {
  console.error(`no such bench: ${unknown.join(", ")}; there are ${Object.keys(BENCHES).join(", ")}`);
  process.exit(2);
}

let missed = 0;
const results: Record<string, unknown> = {
  ...previous(),
  machine: { cpus: cpus().length, model: cpus()[0]?.model, kernel: release(), node: process.version },
};
for (const name of names.length > 0 ? names : Object.keys(BENCHES)) {
  console.log(`\n${name}`);
  const measured = await (await BENCHES[name]?.())?.run(args);
  for (const m of measured ?? []) {
    const bad = m.limit !== undefined && m.ratio > m.limit;
    if (bad) missed++;
    console.log(
      `  ${m.question}: ${m.ours} against ${m.against}: ratio ${m.ratio.toFixed(3)}${m.limit === undefined ? "" : ` (limit ${m.limit})`}${bad ? "  MISSED" : ""}`,
    );
  }
  results[name] = measured;
}
writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
process.exitCode = missed > 0 ? 1 : 0;

function previous(): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}

/** Names first; what begins with `--` and all behind it goes to the benches. */
function splitArguments(all: readonly string[]): [readonly string[], readonly string[]] {
  const at = all.findIndex((a) => a.startsWith("--"));
  return at < 0 ? [all, []] : [all.slice(0, at), all.slice(at)];
}
