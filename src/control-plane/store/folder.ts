import { type BigIntStats, type Dirent, type FSWatcher, readdirSync, readFileSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import type { Log } from "../log/index.ts";

/** A file of resources as it is now. */
export interface FoundFile {
  /** Below the folder that is watched, as written there. */
  readonly path: string;
  /** Changes whenever the content may have. */
  readonly stamp: string;
  readonly isEmpty: boolean;
  readonly modified: Date;
}

/** How long nothing may happen before a change counts as done; an editor needs a few milliseconds between its steps. */
const QUIET_MS = 30;
/** When to look even if changes go on. */
const LONGEST_MS = 500;
/** A look without any notice, for file systems that give none. It reads the folders, and no file that has not changed. */
const RESCAN_MS = 2_000;

const isResourceFile = (name: string): boolean => /\.(ya?ml|json)$/.test(name) && !/\.test\.(ya?ml|json)$/.test(name);

/** Whether a file or folder of that name is looked at at all. */
const isVisible = (name: string): boolean => !name.startsWith(".") && name !== "node_modules";

/**
 * Every file of resources below a folder, sorted by path: `*.yaml`, `*.yml`, `*.json`, without assertions
 * (`*.test.yaml`), dot files and `node_modules`. Links to files are followed, links to folders are not. Throws what the
 * file system says if a folder cannot be read: half a folder must not be taken for all of it.
 */
export function scanFolder(root: string): {
  readonly files: readonly FoundFile[];
  readonly folders: readonly string[];
} {
  const files: FoundFile[] = [];
  const folders: string[] = [];
  const visit = (folder: string) => {
    folders.push(folder);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (!isVisible(entry.name)) continue;
      if (entry.isDirectory()) visit(path);
      else if (isResourceFile(entry.name)) files.push(...found(path, entry));
    }
  };
  visit(root);
  files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return { files, folders };
}

function found(path: string, entry: Dirent): FoundFile[] {
  if (!entry.isFile() && !entry.isSymbolicLink()) return [];
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  // Gone since it was listed, or a link to nothing or to a folder.
  if (stat === undefined || !stat.isFile()) return [];
  return [{ path, stamp: stampOf(stat), isEmpty: stat.size === 0n, modified: stat.mtime }];
}

const stampOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].join(":");

/** The text of a file. Throws what the file system says, or that it is no UTF-8. */
export function readUtf8(path: string): string {
  const bytes = readFileSync(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("not UTF-8 text: save the file as UTF-8");
  }
}

/** Calls back, a moment after things have become quiet, whenever something in a set of folders may have changed. */
export class FolderWatch {
  readonly #watchers = new Map<string, { readonly watcher: FSWatcher; readonly id: string }>();
  readonly #changed: () => void;
  readonly #log: Log;
  readonly #rescan: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #since: number | undefined;
  #hasWarned = false;

  constructor(changed: () => void, log: Log) {
    this.#changed = changed;
    this.#log = log;
    this.#rescan = setInterval(changed, RESCAN_MS);
  }

  /** Watch exactly these folders from now on. True if one is new: what is in it must be looked at again. */
  follow(folders: readonly string[]): boolean {
    let isNew = false;
    for (const [folder, { watcher }] of this.#watchers) {
      if (folders.includes(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) isNew = this.#followOne(folder) || isNew;
    return isNew;
  }

  #followOne(folder: string): boolean {
    const stat = statSync(folder, { bigint: true, throwIfNoEntry: false });
    const id = `${stat?.dev}:${stat?.ino}`;
    const before = this.#watchers.get(folder);
    // A folder that was replaced by another of the same name gives no notices through the old watch.
    if (stat === undefined || before?.id === id) return false;
    before?.watcher.close();
    try {
      const watcher = watch(folder, () => this.soon());
      watcher.on("error", () => this.soon());
      this.#watchers.set(folder, { watcher, id });
    } catch (error) {
      if (!this.#hasWarned)
        this.#log.warn(
          { folder, reason: String(error) },
          `changes in folders are seen late: they are looked at every ${RESCAN_MS} ms`,
        );
      this.#hasWarned = true;
    }
    return true;
  }

  /** Call back after the next quiet moment. */
  soon(): void {
    const now = performance.now();
    this.#since ??= now;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.#since = undefined;
        this.#changed();
      },
      Math.max(0, Math.min(QUIET_MS, this.#since + LONGEST_MS - now)),
    );
  }

  close(): void {
    clearInterval(this.#rescan);
    clearTimeout(this.#timer);
    for (const { watcher } of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }
}
