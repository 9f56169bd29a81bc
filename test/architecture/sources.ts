/** The sources as a syntax tree each, with what they import: what the tests of this folder look at. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";

export const ROOT = join(import.meta.dirname, "..", "..");

/** Every file that git tracks or would track, `/`-separated from the root. */
export function projectFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  return listed.split("\0").filter((file) => file !== "" && existsSync(join(ROOT, file)));
}

export const readText = (file: string): string => readFileSync(join(ROOT, file), "utf8");

export interface Import {
  /** Repository path of a file, or the name of a package or of one of Node's modules (`node:…`). */
  readonly target: string;
  readonly line: number;
  readonly isTypeOnly: boolean;
}

export interface Source {
  readonly file: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
  readonly lines: number;
}

/** Unit tests, what only they use, and programs that they start. */
export const isForTests = (file: string): boolean => /\.(?:test|testing|testprogram)\.ts$/.test(file);

/** Written TypeScript below `src/`: what is generated is outside of all rules. */
export function productSources(): Source[] {
  return sourcesBelow("src/").filter(({ file }) => !isForTests(file));
}

/** Written TypeScript below any of the folders. */
export function sourcesBelow(...folders: readonly string[]): Source[] {
  return projectFiles()
    .filter((file) => folders.some((folder) => file.startsWith(folder)))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts") && !file.startsWith("src/gen/"))
    .map(parseSource);
}

function parseSource(file: string): Source {
  const text = readText(file);
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2024, true);
  return { file, tree, imports: importsOf(file, tree), lines: text.split("\n").length - (text.endsWith("\n") ? 1 : 0) };
}

function importsOf(file: string, tree: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Node | undefined, isTypeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const { text } = specifier;
    const target = text.startsWith(".") ? posix.join(posix.dirname(file), text) : packageOf(text);
    found.push({ target, line: lineOf(tree, node), isTypeOnly });
  };
  walk(tree, (node) => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, isTypeOnlyImport(node));
    else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node, node.arguments[0], false);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node, node.argument.literal, true);
  });
  return found;
}

function isTypeOnlyImport({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return false;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const bindings = importClause.namedBindings;
  if (importClause.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) return false;
  return bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly);
}

/** `@grpc/grpc-js` of `@grpc/grpc-js/build/x`; Node's modules stay whole. */
function packageOf(specifier: string): string {
  if (specifier.startsWith("node:")) return specifier;
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** Calls back for every node of the tree, parents first. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** 1-based line of a node, its comment left out. */
export const lineOf = (tree: ts.SourceFile, node: ts.Node): number =>
  tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
