import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { parseDocument } from "yaml";
import { ROOT, run, SALLYPORT } from "./command.ts";

const BLOCK = /^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm;

/** Each `bash` block is run in a folder with the files of the blocks that name one; a `text` block is what it prints. */
test.each(["compatibility", "convert", "diff", "fmt", "schema", "why"])(
  "docs/reference/%s.md: every block does what it says",
  async (page) => {
    const folder = mkdtempSync(join(tmpdir(), "sallyport-page-"));
    try {
      let printed: string | undefined;
      let commands = 0;
      for (const [, language, file, body = ""] of readFileSync(
        join(ROOT, "docs", "reference", `${page}.md`),
        "utf8",
      ).matchAll(BLOCK)) {
        if (file !== undefined) writeFileSync(join(folder, file), body);
        else if (language === "bash") {
          const env = { PATH: `${dirname(SALLYPORT)}:${process.env.PATH ?? ""}` };
          const { stdout, stderr } = await run("bash", ["-euc", body], { cwd: folder, env });
          expect(stderr, body).toBe("");
          printed = stdout;
          commands += 1;
        } else if (language === "text") expect(printed).toBe(body);
        else if (language === "json") JSON.parse(body);
        else expect(parseDocument(body).errors).toEqual([]);
      }
      expect(commands).toBeGreaterThan(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
