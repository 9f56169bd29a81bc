/**
 * `npm run mutation -- [--force] [FOLDER...]`: mutates folders of src/policy and runs their tests. Writes
 * docs/reference/mutation-testing.md. Ends with 1 if too few mutants are killed, or if
 * survivors are not those listed in survivors.yaml; what is to be listed is printed in its form.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { z } from "zod";
import {
  FOLDERS,
  type Folder,
  type FolderReport,
  LEAST_SCORE,
  renderPage,
  reportOf,
  resultFile,
  type Survivor,
} from "./report.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = join(ROOT, "docs/reference/mutation-testing.md");

const mutant = z.looseObject({ status: z.string().optional() });
const earlier = z.looseObject({ files: z.record(z.string(), z.looseObject({ mutants: z.array(mutant) })) });

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    force: { type: "boolean", default: false },
    /** Runs nothing: says what the last runs found. */
    report: { type: "boolean", default: false },
  },
});
const chosen = FOLDERS.filter((folder) => positionals.length === 0 || positionals.includes(folder));
const unknown = positionals.filter((name) => !FOLDERS.some((folder) => folder === name));
if (unknown.length > 0) fail(`no such folder: \`${unknown.join("`, `")}\`; there are ${FOLDERS.join(", ")}`);

if (!values.report) for (const folder of chosen) mutate(folder);
const reports = FOLDERS.map(reportOf).filter((report) => report !== undefined);
for (const report of reports.filter(({ folder }) => chosen.includes(folder))) tell(report);
writeFileSync(PAGE, renderPage(reports, existsSync(PAGE) ? readFileSync(PAGE, "utf8") : ""));

/** A result of an earlier run must not pass for that of one that broke off. */
function mutate(folder: Folder): void {
  rmSync(resultFile(folder), { force: true });
  forgetSurvivors(folder);
  const { status, error } = spawnSync("stryker", ["run", ...(values.force ? ["--force"] : [])], {
    cwd: ROOT,
    stdio: "inherit",
    env: {
      ...process.env,
      SALLYPORT_MUTATED: folder,
      PATH: `${join(ROOT, "node_modules/.bin")}:${process.env.PATH ?? ""}`,
    },
  });
  if (error !== undefined) fail(`stryker: ${error.message}`);
  if (reportOf(folder) === undefined) fail(`${folder}: stryker ended with ${status} and no result`);
}

/**
 * Stryker does not see that tests have changed which reach what is only run as a module is loaded, or which are in files
 * that a test file imports, as those of `space` are: what survived is tried again.
 */
function forgetSurvivors(folder: Folder): void {
  const path = resultFile(folder).replace(/json$/, "incremental.json");
  if (!existsSync(path)) return;
  const known = earlier.parse(JSON.parse(readFileSync(path, "utf8")));
  for (const file of Object.values(known.files))
    file.mutants = file.mutants.filter(({ status }) => status !== "Survived" && status !== "NoCoverage");
  writeFileSync(path, JSON.stringify(known));
}

function tell({ folder, killed, survived, score, unlisted, stale }: FolderReport): void {
  process.stdout.write(`${folder}: ${killed} killed, ${survived} survived, ${score.toFixed(1)} %\n`);
  if (score < LEAST_SCORE) fail(`${folder}: less than ${LEAST_SCORE} % killed`);
  if (unlisted.length > 0) fail(`${folder}: survivors that survivors.yaml does not list\n${yaml(unlisted)}`);
  if (stale.length > 0) fail(`${folder}: survivors.yaml lists what does not survive\n${yaml(stale)}`);
}

/** One line of the source stays one line. */
function yaml(survivors: readonly Survivor[]): string {
  return stringify(survivors, { lineWidth: 0 });
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
