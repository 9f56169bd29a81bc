/** The blocks of the library's page as one program, bundled as for a browser, and what each of them prints. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import { build } from "esbuild";
import { ROOT } from "./sources.ts";

export const PAGE = "docs/reference/library.md";

export interface Block {
  readonly code: string;
  /** What stands in the `text` block under it; nothing where there is none. */
  readonly prints: string;
}

export function pageBlocks(): Block[] {
  const page = readFileSync(join(ROOT, PAGE), "utf8");
  return [...page.matchAll(/^```ts\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)```\n)?/gm)].map(
    ([, code = "", prints = ""]) => ({ code, prints }),
  );
}

/**
 * A script that calls `print(block, values)` for everything that a block logs. `library` is the file that the blocks
 * get as `sallyport`: the sources, or a bundle.
 */
export async function pageScript(library = join(ROOT, "src", "index.ts")): Promise<string> {
  const blocks = pageBlocks().map(({ code }, i) =>
    code.replaceAll("console.log(", () => `print(${i}, `).replaceAll(", )", ")"),
  );
  const { outputFiles } = await build({
    stdin: { contents: blocks.join("\n"), resolveDir: ROOT, loader: "ts" },
    alias: { sallyport: library },
    bundle: true,
    format: "iife",
    platform: "browser",
    target: "es2024",
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

/** What each block prints, lines as Node's console writes them. */
export async function runPage(): Promise<string[]> {
  const printed = pageBlocks().map(() => "");
  const print = (block: number, ...values: unknown[]): void => {
    printed[block] += logged(values);
  };
  runInNewContext(await pageScript(), { print });
  return printed;
}

/** Copied first: values of another world are inspected as what they are there. */
export const logged = (values: readonly unknown[]): string =>
  `${values.map((value) => (typeof value === "string" ? value : inspect(structuredClone(value)))).join(" ")}\n`;
