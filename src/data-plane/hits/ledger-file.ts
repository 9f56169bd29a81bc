import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { LogPosition } from "../report/index.ts";
import type { SavedLedger } from "./ledger.ts";

/**
 * What was counted, and up to where in Envoy's log: one file, replaced whole, so that a record is never counted twice
 * nor left out, whenever the agent is killed. Not synced: a power cut ends the connections as well, and may cost the
 * counts of the last seconds.
 */
export interface LedgerFile {
  readonly ledger: SavedLedger;
  readonly position?: LogPosition;
  /** The Envoy that wrote the records: process id and start. */
  readonly envoy?: string;
  /** Records read, and records that are known to be lost. */
  readonly read: OfEnvoyAndEver;
  readonly lost: OfEnvoyAndEver;
  readonly unread: number;
  readonly cut: number;
  /** Connections that Envoy refused at a limit. */
  readonly atLimit: number;
  /** Lines of the report that were not written yet: if the agent is killed now, they are lost. */
  readonly linesWaiting: number;
}

export interface OfEnvoyAndEver {
  readonly ofEnvoy: number;
  readonly ever: number;
}

const FORMAT = 1;
const checksum = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The text of the file; writing it may wait. */
export function ledgerText(content: LedgerFile): string {
  const text = JSON.stringify({ format: FORMAT, ...content });
  return `${checksum(text)}\n${text}\n`;
}

/** Never throws: what cannot be trusted is as none, and the caller says so. */
export function readLedger(path: string): LedgerFile | "none" | "unusable" {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT" ? "none" : "unusable";
  }
  const [sum, content = ""] = text.split("\n");
  if (sum !== checksum(content)) return "unusable";
  // only this module writes the file, and the checksum says that nobody else has
  const parsed: LedgerFile & { readonly format: number } = JSON.parse(content);
  return parsed.format === FORMAT ? parsed : "unusable";
}
