import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

/** The folders of src/policy that are mutated, in the order of the pipeline. */
export const FOLDERS = ["net", "labels", "validate", "validate/kuma", "match", "merge", "decide", "space"] as const;
export type Folder = (typeof FOLDERS)[number];

/** Percent of the mutants of a folder that its tests have to kill. */
export const LEAST_SCORE = 85;

const ROOT = join(import.meta.dirname, "../..");
const LISTED = join(import.meta.dirname, "survivors.yaml");

/** What Stryker wrote about a folder when it was last mutated. */
export const resultFile = (folder: Folder): string => join(ROOT, ".cache/mutation", `${folder.replace("/", "-")}.json`);

const place = z.object({ line: z.int(), column: z.int() });
const result = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.string(),
      mutants: z.array(
        z.object({
          status: z.string(),
          replacement: z.string(),
          location: z.object({ start: place, end: place }),
        }),
      ),
    }),
  ),
});

/** Survivors of one line of the source, by what they make of a part of it. Lines have no numbers: those change too often. */
const survivor = z.strictObject({
  file: z.string(),
  line: z.string(),
  mutants: z.array(z.string()).min(1),
  why: z.string().min(1),
});
export type Survivor = z.infer<typeof survivor>;

export interface FolderReport {
  readonly folder: Folder;
  readonly killed: number;
  readonly survived: number;
  /** Percent. */
  readonly score: number;
  /** Names of files that no run has come to its end with yet. */
  readonly missing: readonly string[];
  /** Survivors that nobody has looked at yet. */
  readonly unlisted: readonly Survivor[];
  /** What is listed and does not survive, or is not there any more. */
  readonly stale: readonly Survivor[];
}

/** What is known of a folder; undefined before its first run. */
export function reportOf(folder: Folder): FolderReport | undefined {
  if (!existsSync(resultFile(folder))) return undefined;
  const { files } = result.parse(JSON.parse(readFileSync(resultFile(folder), "utf8")));
  let killed = 0;
  const found = new Map<string, Survivor>();
  for (const [path, { source, mutants }] of Object.entries(files)) {
    const file = relative(ROOT, join(ROOT, path));
    if (folderOf(file) !== folder) continue;
    const lines = source.split("\n");
    for (const { status, replacement, location } of mutants) {
      if (status === "Killed" || status === "Timeout") killed++;
      if (status !== "Survived" && status !== "NoCoverage") continue;
      const line = lines[location.start.line - 1]?.trim() ?? "";
      const one = found.get(`${file}\n${line}`) ?? { file, line, mutants: [], why: "" };
      one.mutants.push(replacement.replace(/\s+/g, " "));
      found.set(`${file}\n${line}`, one);
    }
  }
  const all = [...found.values()];
  const survived = all.reduce((sum, { mutants }) => sum + mutants.length, 0);
  const known = listedSurvivors().filter(({ file }) => folderOf(file) === folder);
  return {
    folder,
    killed,
    survived,
    score: (100 * killed) / (killed + survived),
    missing: sourcesOf(folder).filter((name) => files[`src/policy/${folder}/${name}`] === undefined),
    unlisted: without(all, known),
    stale: without(known, all),
  };
}

/** Names of the files of a folder that have something to mutate. */
const sourcesOf = (folder: Folder): string[] =>
  readdirSync(join(ROOT, "src/policy", folder))
    .filter((name) => /(?<!\.test|\.d)\.ts$/.test(name) && name !== "index.ts")
    .filter((name) => /=>|\bfunction\b|\bclass\b/.test(readFileSync(join(ROOT, "src/policy", folder, name), "utf8")))
    .sort();

/** The folder that a file is mutated with: the innermost. */
const folderOf = (file: string): Folder | undefined =>
  FOLDERS.toReversed().find((folder) => file.startsWith(`src/policy/${folder}/`));

const listedSurvivors = (): readonly Survivor[] => z.array(survivor).parse(parse(readFileSync(LISTED, "utf8")));

/** What of `some` is not among `others`, mutant by mutant: each counts as often as it is there. */
function without(some: readonly Survivor[], others: readonly Survivor[]): readonly Survivor[] {
  const rest = new Map<string, number>();
  const keyOf = ({ file, line }: Survivor, mutant: string): string => JSON.stringify([file, line, mutant]);
  for (const one of others)
    for (const mutant of one.mutants) rest.set(keyOf(one, mutant), (rest.get(keyOf(one, mutant)) ?? 0) + 1);
  return some.flatMap((one) => {
    const mutants = one.mutants.filter((mutant) => {
      const left = rest.get(keyOf(one, mutant)) ?? 0;
      rest.set(keyOf(one, mutant), left - 1);
      return left <= 0;
    });
    return mutants.length === 0 ? [] : [{ ...one, mutants }];
  });
}

/**
 * The page about it, docs/reference/mutation-testing.md. A folder that was not run here keeps its row of the page before;
 * the survivors are those that are listed.
 */
export function renderPage(reports: readonly FolderReport[], before: string): string {
  const rows = FOLDERS.map((folder) => {
    const start = `| \`src/policy/${folder}/\` |`;
    const report = reports.find((one) => one.folder === folder);
    if (report !== undefined) return `${start} ${report.killed} | ${report.survived} | ${scoreOf(report)} |`;
    return before.split("\n").find((line) => line.startsWith(start)) ?? `${start} | | not run to its end yet |`;
  });
  const listed = listedSurvivors();
  const sections = FOLDERS.flatMap((folder) => {
    const here = listed.filter(({ file }) => folderOf(file) === folder);
    return here.length === 0 ? [] : [`### ${folder}`, "", ...here.map(renderSurvivor), ""];
  });
  return [INTRODUCTION, ...rows, "", SURVIVORS, "", ...sections].join("\n");
}

const scoreOf = ({ score, missing }: FolderReport): string =>
  `${score.toFixed(1)} %${missing.length === 0 ? "" : `, without ${missing.join(", ")}`}`;

const renderSurvivor = ({ file, line, mutants, why }: Survivor): string =>
  `- ${basename(file)}, \`\` ${line} \`\`, ${mutants.length === 1 ? "1 mutant" : `${mutants.length} mutants`}: ${why}`;

const INTRODUCTION = `# Mutation testing

<!-- Written by \`npm run mutation\`; the reasons are in test/mutation/survivors.yaml. -->

\`\`\`bash
npm run mutation                  # every folder below; an hour on an idle machine, half of it for space
npm run mutation -- net decide    # some of them
npm run mutation -- --force net   # all mutants again, not only those that survived or whose code or tests changed since the last run
\`\`\`

Stryker changes one thing in the source, a mutant, and runs the tests that reach it. A mutant that no test notices survives: either a test is
missing, or the code has no effect. The command is not part of \`npm test\`. It ends with 1 if the tests of a folder kill less than ${LEAST_SCORE} % of
its mutants, or if what survives differs from what is listed here.

A folder is judged by its own unit tests and by the laws about it, not by tests of what is built on it. Laws try the same values each time, 200
of each, 20 of those about documents and 5 of those about sets, so that a second run says the same. No kind of mutant is left out, texts for people included. Killed counts those too that never end.

| folder | killed | survived | score |
|---|---:|---:|---:|`;

const SURVIVORS = `## What survives

Each that is listed was looked at: the mutant means the same as the source, or the reason why no test tells them apart is given. What a
run finds and this page does not list, it prints.`;
