import type { Command } from "commander";
import type { RecordsView } from "../data-plane/hits/index.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { repeated } from "./numbers.ts";
import type { Terminal } from "./terminal.ts";

export interface SidecarsOptions {
  readonly state: readonly string[];
  readonly output: "text" | "json";
}

/** Which running sidecars are meant. */
export const addStateOption = (made: Command): Command =>
  made.requiredOption(
    "--state <folder>",
    "state folder of a running sidecar; may be repeated",
    repeated as (value: string, before: readonly string[] | undefined) => readonly string[],
  );

/** What each of the sidecars answers, in order. `V` is what the page gives. */
export const askAll = <V>(folders: readonly string[], path: string): Promise<readonly V[]> =>
  Promise.all(folders.map((folder) => askOne<V>(folder, path)));

/** What one answers; `body` goes by POST. */
export async function askOne<V>(folder: string, path: string, body?: Uint8Array): Promise<V> {
  const { askSidecar } = await import("../data-plane/hits/index.ts");
  try {
    // the sidecar is of this program; another version would be the operator's mistake, and shows as missing fields
    const view: V = JSON.parse(await askSidecar(folder, path, body));
    return view;
  } catch (error) {
    throw new CommandError(
      EXIT.unreachable,
      `the sidecar of \`${folder}\` cannot be asked: ${error instanceof Error ? error.message : String(error)}`,
      "name the `--state` of a sidecar that runs on this host, as its user or as root",
    );
  }
}

/** `2026-11-22 05:59:14Z`. */
export const shortTime = (iso: string): string => iso.replace("T", " ").replace(/\.\d+Z$/, "Z");

/** Whatever keeps counts from being complete; empty where they are. */
export function incompleteness({ outStyles }: Terminal, all: readonly RecordsView[]): string {
  const sum = (of: (records: RecordsView) => number): number => all.reduce((total, one) => total + of(one), 0);
  const [lost, unread, behind] = [sum((r) => r.lost), sum((r) => r.unread), sum((r) => r.behind)];
  const words = [
    ...(lost > 0 ? [`${lost} records of Envoy were lost`] : []),
    ...(unread > 0 ? [`${unread} could not be read`] : []),
    ...(behind > 0 ? [`${behind} bytes are not read yet`] : []),
  ];
  return words.length === 0 ? "" : `${outStyles.warn("not complete:")} ${words.join(", ")}\n`;
}
