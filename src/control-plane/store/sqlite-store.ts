import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Labels, RESOURCE_TYPES } from "../../policy/model/index.ts";
import { parseResources } from "../../policy/text/index.ts";
import type { Log } from "../log/index.ts";
import { ResourceMap } from "./resource-map.ts";
import {
  keyOf,
  type Plan,
  type Problem,
  type ResourceKey,
  type Store,
  type StoreChange,
  type StoreView,
  type Write,
} from "./store.ts";
import { fieldsOf } from "./written.ts";

const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE resources (
    type TEXT NOT NULL, mesh TEXT NOT NULL, name TEXT NOT NULL,
    document TEXT NOT NULL, labels TEXT NOT NULL,
    created TEXT NOT NULL, modified TEXT NOT NULL,
    PRIMARY KEY (type, mesh, name)
  ) WITHOUT ROWID;
  PRAGMA user_version = ${SCHEMA_VERSION};`;

/** One commit: what it changes, and how to take that back in memory if the disk refuses. */
interface Transaction {
  readonly changes: StoreChange[];
  readonly undo: (() => void)[];
}

/** A plan that waits for the next commit. */
interface Pending {
  run(transaction: Transaction): void;
  committed(): void;
  failed(error: unknown): void;
}

/**
 * A store in one SQLite file, owned by one process. Writes that come together share one commit, so that a burst costs
 * one wait for the disk; each is answered after that.
 */
class SqliteStore implements Store {
  readonly readOnly = undefined;
  readonly view = new ResourceMap();
  readonly #database: DatabaseSync;
  readonly #rows: Rows;
  readonly #problems = new Map<string, Problem>();
  readonly #listeners: ((changes: readonly StoreChange[]) => void)[] = [];
  #queue: Pending[] = [];
  #isClosed = false;

  constructor(file: string, log: Log) {
    this.#database = open(file);
    this.#rows = prepare(this.#database);
    for (const row of this.#rows.all.all()) this.#load(row, log);
  }

  problems(): readonly Problem[] {
    return [...this.#problems.values()];
  }

  watch(listener: (changes: readonly StoreChange[]) => void): void {
    this.#listeners.push(listener);
  }

  write<T>(plan: (view: StoreView) => Plan<T>): Promise<T> {
    return new Promise<T>((settle, fail) => {
      if (this.#isClosed) {
        fail(new Error("the store is closed"));
        return;
      }
      if (this.#queue.length === 0) setImmediate(() => this.#flush());
      let finish = () => {};
      this.#queue.push({
        run: (transaction) => {
          const planned = attempt(() => plan(this.view));
          if ("error" in planned) {
            finish = () => fail(planned.error);
            return;
          }
          for (const write of planned.value.writes) this.#apply(write, transaction);
          finish = () => settle(planned.value.answer);
        },
        committed: () => finish(),
        failed: fail,
      });
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#flush();
    this.#isClosed = true;
    this.#database.close();
  }

  #flush(): void {
    const batch = this.#queue;
    this.#queue = [];
    if (batch.length === 0) return;
    const transaction: Transaction = { changes: [], undo: [] };
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      for (const pending of batch) pending.run(transaction);
      this.#database.exec("COMMIT");
    } catch (error) {
      for (const undo of transaction.undo.reverse()) undo();
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      for (const pending of batch) pending.failed(error);
      return;
    }
    const { changes } = transaction;
    for (const change of changes) {
      this.#problems.delete(textOf(change.kind === "put" ? keyOf(change.stored.resource) : change.key));
    }
    // Before the answers: who reads that a write is done finds it on its way to the proxies.
    if (changes.length > 0) for (const listener of this.#listeners) listener(changes);
    for (const pending of batch) pending.committed();
  }

  #apply(write: Write, { changes, undo }: Transaction): void {
    const key = write.kind === "put" ? keyOf(write.resource) : write.key;
    const before = this.view.get(key);
    const wasUnreadable = before === undefined && this.view.has(key);
    undo.push(() => {
      if (before === undefined) this.view.delete(key);
      else this.view.put(before);
      if (wasUnreadable) this.view.putUnreadable(key);
    });
    if (write.kind === "delete") {
      this.#rows.remove.run(key.type, key.mesh, key.name);
      this.view.delete(key);
      changes.push({ kind: "delete", key });
      return;
    }
    const { resource, labels, fields, text } = write;
    const modificationTime = new Date().toISOString();
    const creationTime = before?.creationTime ?? modificationTime;
    this.#rows.put.run(key.type, key.mesh, key.name, text, JSON.stringify(labels), creationTime, modificationTime);
    const stored = { resource, labels, fields, creationTime, modificationTime };
    this.view.put(stored);
    changes.push({ kind: "put", stored });
  }

  #load(row: Row, log: Log): void {
    const column = (name: string) => String(row[name]);
    const mesh = column("mesh");
    const id = `${column("type")}/${mesh}/${column("name")}`;
    const type = RESOURCE_TYPES.find((known) => known === row.type);
    const key: ResourceKey | undefined = type === undefined ? undefined : { type, mesh, name: column("name") };
    const { drafts, diagnostics } = parseResources(id, column("document"));
    const [draft] = drafts;
    if (draft?.resource !== undefined && drafts.length === 1 && textOf(keyOf(draft.resource)) === id) {
      this.view.put({
        resource: draft.resource,
        labels: JSON.parse(column("labels")) as Labels,
        fields: fieldsOf(draft),
        creationTime: column("created"),
        modificationTime: column("modified"),
      });
      return;
    }
    const reason = diagnostics[0]?.message ?? "it is no resource of that name";
    const message = `the stored \`${id}\` cannot be read: ${reason}; write it anew or delete it`;
    if (key !== undefined) this.view.putUnreadable(key);
    this.#problems.set(id, { mesh, message });
    log.error({ resource: id }, message);
  }
}

type Row = Record<string, unknown>;
type Rows = ReturnType<typeof prepare>;

const textOf = ({ type, mesh, name }: ResourceKey): string => `${type}/${mesh}/${name}`;

function attempt<T>(action: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: action() };
  } catch (error) {
    return { error };
  }
}

function prepare(database: DatabaseSync) {
  return {
    all: database.prepare("SELECT * FROM resources ORDER BY mesh, name, type"),
    put: database.prepare("INSERT OR REPLACE INTO resources VALUES (?, ?, ?, ?, ?, ?, ?)"),
    remove: database.prepare("DELETE FROM resources WHERE type = ? AND mesh = ? AND name = ?"),
  };
}

function open(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // Who may write this file decides what leaves the workloads.
    closeSync(openSync(file, "a", 0o600));
    database = new DatabaseSync(file);
    // The lock is held as long as the process lives: two writers would not see each other's changes.
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
    if (version === 0) database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
    else if (version !== SCHEMA_VERSION) {
      throw new Error(`it has format ${version}, this program reads ${SCHEMA_VERSION}: use the version that wrote it`);
    }
    return database;
  } catch (error) {
    database?.close();
    const reason = error instanceof Error ? error.message : String(error);
    const why = reason.includes("database is locked") ? "another process uses it" : reason;
    throw new Error(`cannot use \`${file}\` as a store: ${why}`);
  }
}

/** Throws one line that says why if the file cannot be used. A new file, and a new folder for it, are this user's alone. */
export const openSqliteStore = (file: string, log: Log): Store => new SqliteStore(file, log);
