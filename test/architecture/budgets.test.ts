import ts from "typescript";
import { expect, test } from "vitest";
import { lineOf, productSources, sourcesBelow, walk } from "./sources.ts";

const MAX_FILE_LINES = 500;
const MAX_MEDIAN_FILE_LINES = 100;
const MAX_FUNCTION_LINES = 80;
const MIN_DOCUMENTED = 0.9;
const SHOWN = 5;

const product = productSources();
const files = sourcesBelow("src/", "test/", "bench/", "scripts/");

interface Measured {
  readonly name: string;
  readonly lines: number;
}

const byLines = (a: Measured, b: Measured): number => b.lines - a.lines;

function show(title: string, measured: readonly Measured[]): void {
  const lines = measured.slice(0, SHOWN).map(({ name, lines }) => `  ${String(lines).padStart(4)}  ${name}`);
  process.stdout.write(`${title}\n${lines.join("\n")}\n`);
}

test(`no file has more than ${MAX_FILE_LINES} lines, and half of them at most ${MAX_MEDIAN_FILE_LINES}`, () => {
  const measured = files.map(({ file, lines }) => ({ name: file, lines })).sort(byLines);
  show("largest files:", measured);
  expect(measured.filter(({ lines }) => lines > MAX_FILE_LINES)).toEqual([]);
  const sorted = product.map(({ lines }) => lines).sort((a, b) => a - b);
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(MAX_MEDIAN_FILE_LINES);
});

test(`no function of src/ has more than ${MAX_FUNCTION_LINES} lines`, () => {
  const measured = product.flatMap(({ file, tree }) => functionsOf(file, tree)).sort(byLines);
  show("largest functions:", measured);
  expect(measured.filter(({ lines }) => lines > MAX_FUNCTION_LINES)).toEqual([]);
});

test(`at least ${MIN_DOCUMENTED * 100} % of what the pure folders export has a doc comment`, () => {
  const exported = product
    .filter(({ file }) => /^src\/(?:policy|compile|simulate|compare)\//.test(file))
    .flatMap(({ file, tree }) => tree.statements.filter(isExported).map((node) => ({ file, tree, node })));
  const bare = exported.filter(({ node }) => ts.getJSDocCommentsAndTags(node).length === 0);
  const share = 1 - bare.length / exported.length;
  const named = bare.map(({ file, tree, node }) => `${file}:${lineOf(tree, node)}`).join("\n");
  expect(share, `without a comment:\n${named}`).toBeGreaterThanOrEqual(MIN_DOCUMENTED);
});

test("each folder's index.ts opens with what the folder is for", () => {
  const bare = product
    .filter(({ file }) => file.endsWith("/index.ts"))
    .filter(({ tree }) => !tree.text.startsWith("/**"))
    .map(({ file }) => file);
  expect(bare).toEqual([]);
});

test("file and folder names are kebab-case and say what is in them", () => {
  const vague = /(?:^|\/)(?:utils?|helpers?|common|misc|manager)(?:[./-]|$)/;
  const bad = files.map(({ file }) => file).filter((file) => vague.test(file) || !/^[a-z0-9./-]+$/.test(file));
  expect(bad).toEqual([]);
});

function functionsOf(file: string, tree: ts.SourceFile): Measured[] {
  const found: Measured[] = [];
  walk(tree, (node) => {
    if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined) return;
    const last = tree.getLineAndCharacterOfPosition(node.getEnd()).line + 1;
    const first = lineOf(tree, node);
    found.push({ name: `${file}:${first}`, lines: last - first + 1 });
  });
  return found;
}

/** Declared here and exported; `export … from` documents what it names where that is declared. */
function isExported(node: ts.Statement): boolean {
  if (!ts.canHaveModifiers(node)) return false;
  return ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}
