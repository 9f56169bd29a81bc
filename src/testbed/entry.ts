import { fileURLToPath } from "node:url";

/** The parts of the testbed that are processes of their own, each in its namespace. */
export const PARTS = ["destinations", "prober"] as const;
export type Part = (typeof PARTS)[number];

/** The command that runs a part: `process.ts` from source; from a bundle the `testbed-process.js` beside it. */
export function entryCommand(part: Part, ...args: readonly string[]): string[] {
  const file = import.meta.url.endsWith(".ts") ? "./process.ts" : "./testbed-process.js";
  return [process.execPath, fileURLToPath(new URL(file, import.meta.url)), part, ...args];
}
