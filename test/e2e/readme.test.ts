import { readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT, run } from "./command.ts";

/** Documents whose sessions are true: a `sh` block is run, and the `text` block that follows is what it prints. */
const documents = ["README.md", ...guides()];

function guides(): string[] {
  const folder = join(ROOT, "docs", "guides");
  try {
    return readdirSync(folder).flatMap((name) => (name.endsWith(".md") ? [`docs/guides/${name}`] : []));
  } catch {
    return [];
  }
}

interface Step {
  readonly line: number;
  readonly script: string;
  /** Absent: only the exit code counts. */
  readonly prints?: string;
}

function stepsOf(document: string): Step[] {
  const text = readFileSync(join(ROOT, document), "utf8");
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```\n(?:\s*^```text\n([\s\S]*?)^```)?/gm)].map((match) => ({
    line: text.slice(0, match.index).split("\n").length,
    script: match[1] ?? "",
    ...(match[2] !== undefined && { prints: match[2] }),
  }));
}

test("the README has a session", () => {
  expect(stepsOf("README.md").length).toBeGreaterThanOrEqual(3);
});

describe.each(documents.filter((document) => stepsOf(document).length > 0))("%s", (document) => {
  const env = { PATH: [join(ROOT, "bin"), process.env.PATH].join(delimiter) };
  for (const { line, script, prints } of stepsOf(document))
    test(`line ${line}: ${script.trim().split("\n")[0]}`, async () => {
      const { stdout, stderr } = await run("sh", ["-c", script], { env });
      if (prints !== undefined) expect(stdout).toBe(prints);
      expect(stderr).toBe("");
    });
});
