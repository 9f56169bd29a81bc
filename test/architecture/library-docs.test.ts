import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import * as library from "../../src/index.ts";
import { PAGE, pageBlocks, runPage } from "./library-page.ts";
import { ROOT } from "./sources.ts";

const file = join(ROOT, PAGE);

if (process.env.UPDATE_GOLDEN === "1") {
  const printed = await runPage();
  let i = 0;
  const page = readFileSync(file, "utf8").replace(
    /(^```ts\n[\s\S]*?^```\n)(\n```text\n[\s\S]*?```\n)?/gm,
    (_, block: string, output?: string) => {
      const text = printed[i++] ?? "";
      return output === undefined ? block : `${block}\n\`\`\`text\n${text}\`\`\`\n`;
    },
  );
  writeFileSync(file, page);
}

test(`${PAGE}: what stands under each block is what it prints`, async () => {
  expect(await runPage()).toEqual(pageBlocks().map(({ prints }) => prints));
});

test(`${PAGE}: the blocks are one program that type-checks as a user's would`, () => {
  const source = pageBlocks()
    .map(({ code }) => code)
    .join("\n");
  const name = join(ROOT, "test", "architecture", "page.ts");
  const host = ts.createCompilerHost({});
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === name || fileExists(path);
  host.getSourceFile = (path, target) =>
    path === name ? ts.createSourceFile(path, source, target) : getSourceFile(path, target);
  const program = ts.createProgram({ rootNames: [name, TR46], options: { ...SETTINGS, paths: ALIAS }, host });
  const found = ts.getPreEmitDiagnostics(program).map((d) => ts.flattenDiagnosticMessageText(d.messageText, "\n"));
  expect(found).toEqual([]);
});

/** Declares a package that has no types. */
const TR46 = join(ROOT, "src", "policy", "net", "tr46.d.ts");
const ALIAS = { sallyport: [join(ROOT, "src", "index.ts")] };
const SETTINGS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
  types: ["node"],
};

test("the library type-checks with the types of the language alone", () => {
  const rootNames = [join(ROOT, "src", "index.ts"), TR46];
  const program = ts.createProgram({ rootNames, options: { ...SETTINGS, lib: ["lib.es2024.d.ts"], types: [] } });
  const found = ts
    .getPreEmitDiagnostics(program)
    .map((d) => `${d.file?.fileName}: ${ts.flattenDiagnosticMessageText(d.messageText, "\n")}`);
  expect(found).toEqual([]);
});

test(`${PAGE} lists every function and value that is exported, and nothing else`, () => {
  const list = readFileSync(file, "utf8").split("## Everything that is exported")[1] ?? "";
  const rows = list.split("\n").filter((line) => line.startsWith("| `"));
  const named = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(named.toSorted()).toEqual(Object.keys(library).sort());
});
