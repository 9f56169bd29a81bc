import { expect, test } from "vitest";
import { type Import, isForTests, productSources, type Source } from "./sources.ts";

const sources = productSources();

/** Folders whose subfolders are units of their own, each with an `index.ts`. */
const GROUPS = ["policy", "compile", "control-plane", "data-plane"];

/** `policy/net`, `xds`, `main.ts`: the unit that a file belongs to. */
function unitOf(file: string): string {
  const [first = "", second = ""] = file.replace(/^src\//, "").split("/");
  return GROUPS.includes(first) && !second.endsWith(".ts") ? `${first}/${second}` : first;
}

const UP_TO_MODEL = ["policy/diagnostics", "policy/net", "policy/model"];
const UP_TO_LABELS = [...UP_TO_MODEL, "policy/text", "policy/labels"];
const UP_TO_MERGE = [...UP_TO_LABELS, "policy/validate", "policy/match", "policy/merge"];
const UP_TO_SPACE = [...UP_TO_MERGE, "policy/decide", "policy/space"];
const WIRE = ["gen", "npm:@bufbuild/protobuf"];
const PROCESS = ["policy", "compile", "xds", ...WIRE, "node:"];

/**
 * What each unit may import besides itself. `policy` stands for everything in it, `npm:x` for a package, `node:` for all
 * of Node. The table of ARCHITECTURE.md in another form; a unit that is not here fails.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "policy/diagnostics": [],
  "policy/net": ["policy/diagnostics", "npm:tr46"],
  "policy/model": ["policy/diagnostics", "policy/net", "npm:zod"],
  "policy/text": [...UP_TO_MODEL, "npm:yaml"],
  "policy/labels": UP_TO_MODEL,
  "policy/validate": UP_TO_LABELS,
  "policy/match": UP_TO_LABELS,
  "policy/merge": [...UP_TO_LABELS, "policy/validate", "policy/match"],
  "policy/decide": UP_TO_MERGE,
  "policy/space": [...UP_TO_MERGE, "policy/decide"],
  "policy/why": UP_TO_SPACE,
  "policy/diff": UP_TO_SPACE,
  "policy/lint": [...UP_TO_SPACE, "npm:tldts"],
  "policy/assert": UP_TO_SPACE,
  "policy/impact": [...UP_TO_SPACE, "policy/diff"],
  "policy/check": ["policy"],
  "compile/table": UP_TO_MERGE,
  "compile/envoy": ["compile/table", ...UP_TO_MODEL, ...WIRE],
  "compile/nftables": ["compile/table", ...UP_TO_MODEL],
  "compile/agent": [...UP_TO_MODEL, ...WIRE],
  "compile/classic": [...UP_TO_MERGE, ...WIRE],
  simulate: [...WIRE, "policy/model", "policy/net"],
  compare: ["policy", "compile", "simulate", ...WIRE],
  xds: [...WIRE, "npm:@grpc/grpc-js", "node:"],
  testbed: ["policy/model", "policy/net", "data-plane/redirect", "node:"],
  "control-plane": ["control-plane", ...PROCESS, "npm:@grpc/grpc-js", "npm:fastify", "npm:pino", "npm:zod"],
  "data-plane": ["data-plane", ...PROCESS, "npm:@grpc/grpc-js", "npm:koffi", "npm:pino"],
  cli: [
    "policy",
    "compile",
    "simulate",
    "compare",
    "xds",
    "control-plane",
    "data-plane",
    "testbed",
    "npm:commander",
    "node:",
  ],
  "main.ts": ["cli", "warm-start.ts", "node:"],
  "warm-start.ts": ["node:"],
  "index.ts": ["policy", "compile"],
};

/** Type declarations and facts that belong to the package, not to a unit. */
const EVERYWHERE = ["package.json"];

function isAllowed(from: string, target: string): boolean {
  const [group = ""] = from.split("/");
  const allowed = [...(ALLOWED[from] ?? ALLOWED[group] ?? [])];
  if (!target.startsWith("src/"))
    return EVERYWHERE.includes(target) || allowed.includes(target.startsWith("node:") ? "node:" : `npm:${target}`);
  const to = unitOf(target);
  return to === from || allowed.includes(to) || allowed.includes(to.split("/")[0] ?? "");
}

const show = ({ file }: Source, { line, target }: Import): string => `${file}:${line} -> ${target}`;

test("every unit of src/ has a row in the import table", () => {
  const units = [...new Set(sources.map(({ file }) => unitOf(file)))];
  expect(units.filter((unit) => !(unit in ALLOWED) && !((unit.split("/")[0] ?? "") in ALLOWED))).toEqual([]);
});

test("each unit imports only what the table allows", () => {
  const bad = sources.flatMap((source) =>
    source.imports.filter(({ target }) => !isAllowed(unitOf(source.file), target)).map((i) => show(source, i)),
  );
  expect(bad).toEqual([]);
});

test("a unit is imported only through its index.ts", () => {
  const bad = sources.flatMap((source) =>
    source.imports
      .filter(({ target }) => target.startsWith("src/") && !target.startsWith("src/gen/"))
      .filter(({ target }) => unitOf(target) !== unitOf(source.file) && unitOf(target) !== target.slice(4))
      .filter(({ target }) => target !== `src/${unitOf(target)}/index.ts`)
      .map((i) => show(source, i)),
  );
  expect(bad).toEqual([]);
});

test("the product imports nothing that is there for tests", () => {
  const bad = sources.flatMap((source) =>
    source.imports.filter(({ target }) => isForTests(target)).map((i) => show(source, i)),
  );
  expect(bad).toEqual([]);
});

test("no file imports itself by a detour", () => {
  const graph = new Map(
    sources.map(({ file, imports }) => [file, imports.map((i) => i.target).filter((t) => t.startsWith("src/"))]),
  );
  expect(cyclesOf(graph)).toEqual([]);
});

test("the units of a group do not import one another in a circle", () => {
  const graph = new Map<string, string[]>();
  for (const { file, imports } of sources) {
    const unit = unitOf(file);
    const others = imports.filter((i) => i.target.startsWith("src/")).map((i) => unitOf(i.target));
    graph.set(unit, [...(graph.get(unit) ?? []), ...others.filter((other) => other !== unit)]);
  }
  expect(cyclesOf(graph)).toEqual([]);
});

/** Each circle once, as `a -> b -> a`, found by depth-first search. */
function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (node: string, path: readonly string[]): void => {
    const at = path.indexOf(node);
    if (at >= 0) cycles.push([...path.slice(at), node].join(" -> "));
    if (at >= 0 || done.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...path, node]);
    done.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return cycles;
}
