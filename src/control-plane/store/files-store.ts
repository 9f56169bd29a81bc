import { statSync } from "node:fs";
import type { Diagnostic } from "../../policy/diagnostics/index.ts";
import type { LabelContext } from "../../policy/labels/index.ts";
import type { Log } from "../log/index.ts";
import { type FileState, type Files, type Settled, settle } from "./files-state.ts";
import { FolderWatch, type FoundFile, readUtf8, scanFolder } from "./folder.ts";
import { isError, type ReadText, readText } from "./read-text.ts";
import { ResourceMap } from "./resource-map.ts";
import { keyOf, type Problem, ReadOnlyError, type Store, type StoreChange, type Stored } from "./store.ts";
import { fieldsOf } from "./written.ts";

/**
 * How long a file that is gone or empty keeps its resources: some programs write a file by removing or emptying it
 * first, and for that moment its policies must not be out of force.
 */
const GRACE_MS = 200;

interface Known {
  readonly stamp: string;
  readonly modified: Date;
}

/** A store of files in a folder, which it watches. People and their tools write it, the API does not. */
class FilesStore implements Store {
  readonly readOnly: string;
  readonly view = new ResourceMap();
  readonly #root: string;
  readonly #context: LabelContext;
  readonly #log: Log;
  readonly #watch: FolderWatch;
  readonly #listeners: ((changes: readonly StoreChange[]) => void)[] = [];
  readonly #known = new Map<string, Known>();
  /** Since when a file that has resources in force is gone or empty. */
  readonly #vanished = new Map<string, number>();
  readonly #logged = new Map<string, string>();
  #files: Files = new Map();
  #problems: readonly Problem[] = [];
  #hasLooked = false;
  #failure: string | undefined;
  #graceTimer: NodeJS.Timeout | undefined;

  constructor(root: string, context: LabelContext, log: Log) {
    if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`\`${root}\` is no folder`);
    this.#root = root;
    this.#context = context;
    this.#log = log;
    this.readOnly = `resources come from the files in \`${root}\`: change them there`;
    this.#watch = new FolderWatch(() => this.#look(), log);
    this.#look();
    if (this.#failure !== undefined) {
      this.#watch.close();
      throw new Error(this.#failure);
    }
  }

  problems(): readonly Problem[] {
    return this.#problems;
  }

  watch(listener: (changes: readonly StoreChange[]) => void): void {
    this.#listeners.push(listener);
  }

  write(): Promise<never> {
    return Promise.reject(new ReadOnlyError(this.readOnly));
  }

  async close(): Promise<void> {
    this.#watch.close();
    clearTimeout(this.#graceTimer);
  }

  /** Read what has changed since the last look, and bring it into force. */
  #look(): void {
    const found = this.#scan();
    if (found === undefined) return;
    const isFirst = !this.#hasLooked;
    this.#hasLooked = true;
    const files = new Map<string, FileState>();
    let hasChanged = false;
    for (const file of found) {
      const before = this.#files.get(file.path);
      const isSame = this.#known.get(file.path)?.stamp === file.stamp;
      if (before !== undefined && (isSame || this.#isHeld(file.path, before, file.isEmpty))) {
        files.set(file.path, before);
        continue;
      }
      hasChanged = true;
      this.#known.set(file.path, file);
      files.set(file.path, { latest: this.#read(file.path), good: before?.good, isFirst: before?.isFirst ?? isFirst });
    }
    hasChanged = this.#dropGone(found, files) || hasChanged;
    if (hasChanged || isFirst) this.#settle(files);
  }

  #scan(): readonly FoundFile[] | undefined {
    try {
      let scanned = scanFolder(this.#root);
      // A folder that is new may have got files before it was watched.
      if (this.#watch.follow(scanned.folders)) scanned = scanFolder(this.#root);
      this.#failure = undefined;
      return scanned.files;
    } catch (error) {
      const failure = `cannot read the folder \`${this.#root}\`: ${messageOf(error)}`;
      if (this.#failure !== failure) this.#log.error({ folder: this.#root }, `${failure}; what is in force stays`);
      this.#failure = failure;
      return undefined;
    }
  }

  #read(path: string): ReadText {
    try {
      return readText(path, readUtf8(path), this.#context);
    } catch (error) {
      const start = { line: 1, column: 1 };
      const diagnostic: Diagnostic = {
        code: "E001-syntax",
        severity: "error",
        path: [],
        message: `cannot read the file: ${messageOf(error)}`,
        span: { file: path, start, end: start },
      };
      return { resources: [], drafts: [], diagnostics: [diagnostic], hasErrors: true };
    }
  }

  /** Files that are gone lose their resources, after their grace, or at once where other files have all of them. */
  #dropGone(found: readonly FoundFile[], files: Map<string, FileState>): boolean {
    let hasDropped = false;
    const present = new Set(found.map(({ path }) => path));
    const elsewhere = new Set([...files.values()].flatMap(({ latest }) => idsOf(latest)));
    for (const [path, state] of this.#files) {
      if (present.has(path)) continue;
      const hasMoved = idsOf(state.good).every((id) => elsewhere.has(id));
      if (!hasMoved && this.#isHeld(path, state, true)) {
        files.set(path, state);
        continue;
      }
      hasDropped = true;
      this.#known.delete(path);
      this.#vanished.delete(path);
      this.#logged.delete(path);
    }
    return hasDropped;
  }

  /** Whether a file that has nothing in it now keeps its resources for the moment. */
  #isHeld(path: string, { good }: FileState, isEmpty: boolean): boolean {
    if (!isEmpty || (good?.resources.length ?? 0) === 0) {
      this.#vanished.delete(path);
      return false;
    }
    const now = performance.now();
    const since = this.#vanished.get(path) ?? now;
    this.#vanished.set(path, since);
    const left = since + GRACE_MS - now;
    if (left <= 0) {
      this.#vanished.delete(path);
      return false;
    }
    clearTimeout(this.#graceTimer);
    this.#graceTimer = setTimeout(() => this.#look(), left + 1);
    return true;
  }

  #settle(files: Files): void {
    const settled = settle(files);
    this.#files = settled.files;
    const hadProblems = this.#problems.length > 0;
    this.#problems = settled.problems;
    this.#report(settled);
    const changes = this.#update(settled);
    if (changes.length > 0 || hadProblems) for (const listener of this.#listeners) listener(changes);
  }

  #update({ resources }: Settled): readonly StoreChange[] {
    const changes: StoreChange[] = [];
    const gone = new Set(this.view.all());
    for (const { file, read } of resources) {
      const before = this.view.get(keyOf(read.resource));
      if (before !== undefined) gone.delete(before);
      const fields = fieldsOf(read.draft);
      if (
        before !== undefined &&
        isSame([before.resource, before.labels, before.fields], [read.resource, read.labels, fields])
      )
        continue;
      const modificationTime = (this.#known.get(file)?.modified ?? new Date()).toISOString();
      const creationTime = before?.creationTime ?? modificationTime;
      const stored: Stored = { resource: read.resource, labels: read.labels, fields, creationTime, modificationTime };
      this.view.put(stored);
      changes.push({ kind: "put", stored });
    }
    for (const { resource } of gone) {
      const key = keyOf(resource);
      this.view.delete(key);
      changes.push({ kind: "delete", key });
    }
    return changes;
  }

  /** Each diagnostic of a file once, until the file or its diagnostics change. */
  #report({ files, diagnostics }: Settled): void {
    for (const [file, { latest, good }] of files) {
      const found = diagnostics.get(file) ?? [];
      const text = JSON.stringify([this.#known.get(file)?.stamp, found]);
      if (this.#logged.get(file) === text) continue;
      this.#logged.set(file, text);
      for (const diagnostic of found) this.#reportOne(diagnostic);
      if (latest === good) continue;
      const instead = good === undefined ? "nothing of it is in force" : "its last good content stays in force";
      this.#log.error({ file }, `\`${file}\` has faults: ${instead}`);
    }
  }

  #reportOne(diagnostic: Diagnostic): void {
    const { code, message, help, resource, span } = diagnostic;
    const place = span === undefined ? this.#root : `${span.file}:${span.start.line}:${span.start.column}`;
    const fields = { code, ...(resource === undefined ? {} : { resource }), ...(help === undefined ? {} : { help }) };
    if (isError(diagnostic)) this.#log.error(fields, `${place}: ${message}`);
    else this.#log.warn(fields, `${place}: ${message}`);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const idsOf = (read: ReadText | undefined): readonly string[] =>
  (read?.resources ?? []).map(({ resource }) => JSON.stringify(keyOf(resource)));

/** Resources are plain data; addresses in them are big integers, which JSON has not. */
const isSame = (a: unknown, b: unknown): boolean => textOf(a) === textOf(b);
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? `${inner}n` : inner));

/**
 * Read a folder and follow its changes. Throws one line if it cannot be read at all; faults in files are no reason to:
 * they are logged, and `problems` says whose proxies get nothing until they are mended.
 */
export const openFilesStore = (folder: string, context: LabelContext, log: Log): Store =>
  new FilesStore(folder, context, log);
