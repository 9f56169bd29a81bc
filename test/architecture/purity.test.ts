import ts from "typescript";
import { expect, test } from "vitest";
import { lineOf, productSources, type Source, walk } from "./sources.ts";

/** Values in, values out: these folders also run in a browser, in a test, in somebody else's program. */
const PURE = ["src/policy/", "src/compile/", "src/simulate/", "src/compare/"];
const sources = productSources().filter(({ file }) => PURE.some((folder) => file.startsWith(folder)));

/** Names that reach the clock, the network, the process or its console. */
const IMPURE_NAMES = [
  "Buffer",
  "Date",
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "fetch",
  "globalThis",
  "navigator",
  "performance",
  "process",
  "queueMicrotask",
  "require",
  "setImmediate",
  "setInterval",
  "setTimeout",
];
/** Members with the same effect, or whose result depends on the locale of the machine. */
const IMPURE_MEMBERS = [
  "Math.random",
  "*.localeCompare",
  "*.toLocaleLowerCase",
  "*.toLocaleUpperCase",
  "*.toLocaleString",
  "Intl.*",
];

/** Every node that `isBad` names, as `file:line what`. */
function findings(isBad: (node: ts.Node, source: Source) => string | undefined): string[] {
  return sources.flatMap((source) => {
    const found: string[] = [];
    walk(source.tree, (node) => {
      const what = isBad(node, source);
      if (what !== undefined) found.push(`${source.file}:${lineOf(source.tree, node)} ${what}`);
    });
    return found;
  });
}

test("there are pure folders to look at", () => {
  expect(sources.length).toBeGreaterThan(30);
});

test("pure folders import nothing of Node", () => {
  const bad = sources.flatMap(({ file, imports }) =>
    imports.filter(({ target }) => target.startsWith("node:")).map(({ line, target }) => `${file}:${line} ${target}`),
  );
  expect(bad).toEqual([]);
});

test("pure folders use no clock, network, process, console, timer or chance", () => {
  expect(
    findings((node) =>
      ts.isIdentifier(node) && isValueUse(node) && IMPURE_NAMES.includes(node.text) ? node.text : undefined,
    ),
  ).toEqual([]);
  expect(findings((node) => (ts.isPropertyAccessExpression(node) ? impureMember(node) : undefined))).toEqual([]);
});

test("pure folders throw only in assertNever: what can go wrong is data", () => {
  const thrown = findings((node) =>
    ts.isThrowStatement(node) && enclosingName(node) !== "assertNever" ? "throw" : undefined,
  );
  expect(thrown).toEqual([]);
});

test("pure folders sort with a comparator", () => {
  const bad = findings((node) => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
    const name = node.expression.name.text;
    return (name === "sort" || name === "toSorted") && node.arguments.length === 0 ? `${name}()` : undefined;
  });
  expect(bad).toEqual([]);
});

test("pure folders cast only to the branded type that a constructor makes, or say why in a comment", () => {
  const brands = new Set(
    findings((node) =>
      ts.isTypeAliasDeclaration(node) && node.type.getText().startsWith("Brand<") ? `= ${node.name.text}` : undefined,
    ).map((found) => found.replace(/^.*= /, "")),
  );
  expect(brands).toContain("Port");
  const bad = findings((node, { file, tree }) => {
    if (ts.isNonNullExpression(node)) return "!";
    if (!ts.isAsExpression(node) && !ts.isTypeAssertionExpression(node)) return undefined;
    const type = node.type.getText(tree);
    if (type === "const" || (brands.has(type) && file.startsWith("src/policy/net/"))) return undefined;
    if (isExplained(node, tree)) return undefined;
    return `as ${type}`;
  });
  expect(bad).toEqual([]);
});

/** A comment on the line of the node, or on the line above. */
function isExplained(node: ts.Node, tree: ts.SourceFile): boolean {
  const lines = tree.text.split("\n");
  const line = lineOf(tree, node);
  return /\/\/ \w/.test(lines[line - 1] ?? "") || /^\s*(?:\/\/ \w|.*\*\/$)/.test(lines[line - 2] ?? "");
}

/** Is the identifier read as a variable, rather than naming a member, a property, a type or a declaration? */
function isValueUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isTypeNode(parent) || ts.isTypeElement(parent) || ts.isQualifiedName(parent)) return false;
  return !("name" in parent && parent.name === node);
}

function impureMember(node: ts.PropertyAccessExpression): string | undefined {
  const [object, member] = [node.expression.getText(), node.name.text];
  return IMPURE_MEMBERS.find(
    (pattern) => pattern === `${object}.${member}` || pattern === `*.${member}` || pattern === `${object}.*`,
  );
}

function enclosingName(node: ts.Node): string | undefined {
  for (let at: ts.Node | undefined = node; at !== undefined; at = at.parent)
    if (ts.isFunctionDeclaration(at)) return at.name?.text;
  return undefined;
}
