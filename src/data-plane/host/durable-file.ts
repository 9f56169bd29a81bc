import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/**
 * Replace a file so that a reader, also one after a power cut, finds the old content or the new, never a part. Throws
 * what the file system says; the old content is then still there.
 */
export function writeDurably(path: string, content: Uint8Array | string, mode = 0o600): void {
  const draft = `${path}.${process.pid}.new`;
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  try {
    const fd = openSync(draft, "w", mode);
    try {
      fchmodSync(fd, mode); // the umask may have taken bits away
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, path);
  } catch (error) {
    try {
      unlinkSync(draft);
    } catch {} // never made, or already renamed
    throw error;
  }
  syncFolder(dirname(path));
}

/**
 * Replace a file of this process alone, not synced: whoever is killed when, there is the old content or the new; a power
 * cut may cost both. Throws what the file system says; the old content is then still there, and nothing else.
 */
export function replaceFile(path: string, text: string): void {
  const draft = `${path}.new`;
  try {
    writeFileSync(draft, text, { mode: 0o600 });
  } catch (error) {
    rmSync(draft, { force: true }); // a part of it, where there is no room for more
    throw error;
  }
  renameSync(draft, path);
}

/** The disk is full, by what a file system said. */
export const isFull = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");

function syncFolder(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
