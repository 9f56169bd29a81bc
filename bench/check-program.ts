/** A process of its own for `bench/check.ts`: reads a folder, then checks the texts, or only parses them with the peer. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { check } from "../src/policy/check/index.ts";

const [who, folder = ""] = process.argv.slice(2);
const texts = readdirSync(folder).map((file) => ({ file, text: readFileSync(join(folder, file), "utf8") }));
const work = who === "ours" ? await ours() : await peer();
const [wall, cpu] = [performance.now(), process.cpuUsage()];
const documents = work();
const { user, system } = process.cpuUsage(cpu);
console.log(
  JSON.stringify({
    documents,
    wallMs: performance.now() - wall,
    cpuMs: (user + system) / 1000,
    peakKiB: process.resourceUsage().maxRSS,
  }),
);

/** Everything: values, places, faults, labels, what only the whole set shows. */
async function ours(): Promise<() => number> {
  const { check } = await import("../src/policy/check/index.ts");
  let checked: ReturnType<typeof check> | undefined;
  return () => {
    checked = check(texts);
    return checked.diagnostics.length > 0 ? 0 : checked.resources.length;
  };
}

/**
 * The `yaml` library as whoever wants to report places must use it: the documents with their nodes, each with its
 * offsets, and a counter of lines. With our options, which leave out what we do not need of it; nothing is done with the
 * nodes.
 */
async function peer(): Promise<() => number> {
  const { LineCounter, parseAllDocuments } = await import("yaml");
  const kept: unknown[] = [];
  return () => {
    for (const { text } of texts) {
      const lineCounter = new LineCounter();
      const options = { lineCounter, prettyErrors: false, uniqueKeys: false, stringKeys: true, merge: false } as const;
      for (const document of parseAllDocuments(text, { ...options, resolveKnownTags: false, logLevel: "silent" }))
        kept.push(document, lineCounter);
    }
    return kept.length / 2;
  };
}
