import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, unlinkSync, writeSync } from "node:fs";
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

function syncFolder(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
