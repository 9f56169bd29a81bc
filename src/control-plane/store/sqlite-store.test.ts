import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseResources } from "../../policy/text/index.ts";
import type { Log } from "../log/index.ts";
import { openSqliteStore } from "./sqlite-store.ts";
import type { Store, StoreChange, Write } from "./store.ts";
import { fieldsOf } from "./written.ts";

let folder = "";
let stores: Store[] = [];
const errors: string[] = [];
const log: Log = { info() {}, warn() {}, error: (_fields, message) => errors.push(message) };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-store-"));
  errors.length = 0;
});
afterEach(async () => {
  for (const store of stores) await store.close();
  stores = [];
  rmSync(folder, { recursive: true, force: true });
});

function open(): Store {
  const store = openSqliteStore(join(folder, "sub", "store.db"), log);
  stores.push(store);
  return store;
}

function put(document: object): Write {
  const text = JSON.stringify(document);
  const [draft] = parseResources("test", text).drafts;
  if (draft?.resource === undefined) throw new Error(`not a resource: ${text}`);
  return { kind: "put", resource: draft.resource, labels: { a: "b" }, fields: fieldsOf(draft), text };
}
const mesh = (name: string, more: object = {}) => put({ type: "Mesh", name, ...more });
const policy = (name: string, mode = "None") =>
  put({ type: "MeshPassthrough", mesh: "default", name, spec: { default: { passthroughMode: mode } } });
const key = (name: string) => ({ type: "MeshPassthrough", mesh: "default", name }) as const;

const write = (store: Store, ...writes: Write[]) => store.write(() => ({ writes, answer: undefined }));
const names = (store: Store) => store.view.list("MeshPassthrough").map(({ resource }) => resource.meta.name);

test("what was written is there after a restart, with labels, times and unread fields", async () => {
  const store = open();
  await write(
    store,
    mesh("default", { mtls: { enabledBackend: "x" }, networking: { outbound: { passthrough: false } } }),
  );
  await write(store, policy("b"), policy("a"));
  await write(store, policy("b", "All"));
  const before = store.view.list("MeshPassthrough");
  await store.close();
  const again = open();
  expect(again.view.list("MeshPassthrough")).toEqual(before);
  expect(names(again)).toEqual(["a", "b"]);
  expect(again.view.get({ type: "Mesh", mesh: "default", name: "default" })).toMatchObject({
    labels: { a: "b" },
    fields: { mtls: { enabledBackend: "x" }, networking: { outbound: { passthrough: false } } },
  });
});

test("an update keeps the time of creation", async () => {
  const store = open();
  await write(store, policy("a"));
  const created = store.view.get(key("a"))?.creationTime;
  await new Promise((done) => setTimeout(done, 5));
  await write(store, policy("a", "All"));
  const stored = store.view.get(key("a"));
  expect(stored?.creationTime).toBe(created);
  expect(stored?.modificationTime).not.toBe(created);
});

test("each plan sees what the plans before it wrote, in the same commit too", async () => {
  const store = open();
  const changes: number[] = [];
  store.watch((batch) => changes.push(batch.length));
  const seen = await Promise.all(
    ["a", "b", "c"].map((name) =>
      store.write((view) => ({ writes: [policy(name)], answer: view.list("MeshPassthrough").length })),
    ),
  );
  expect(seen).toEqual([0, 1, 2]);
  expect(changes).toEqual([3]);
});

test("listeners hear of a change before it is answered", async () => {
  const store = open();
  const order: string[] = [];
  store.watch(() => order.push("heard"));
  await write(store, policy("a")).then(() => order.push("answered"));
  expect(order).toEqual(["heard", "answered"]);
});

test("a plan that fails writes nothing and harms no other", async () => {
  const store = open();
  const failing = store.write(() => {
    throw new Error("no");
  });
  const other = write(store, policy("a"));
  await expect(failing).rejects.toThrow("no");
  await other;
  expect(names(store)).toEqual(["a"]);
});

test("a commit that the disk refuses changes nothing in memory, and all its writers are told", async () => {
  const store = open();
  await write(store, policy("a"));
  const heard: StoreChange[] = [];
  store.watch((changes) => heard.push(...changes));
  // An unpaired surrogate key cannot be bound as text of the declared shape: an object cannot be bound at all.
  const broken = { ...policy("c"), text: {} as unknown as string };
  const results = await Promise.allSettled([
    write(store, policy("a", "All")),
    write(store, policy("b")),
    write(store, { kind: "delete", key: key("a") }),
    write(store, broken),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected", "rejected"]);
  expect(heard).toEqual([]);
  expect(names(store)).toEqual(["a"]);
  expect(store.view.get(key("a"))?.resource).toMatchObject({ mode: "None" });
  await write(store, policy("d"));
  expect(names(store)).toEqual(["a", "d"]);
});

test("what is pending when the store is closed is written and answered", async () => {
  const store = open();
  const pending = write(store, policy("a"));
  await store.close();
  await pending;
  expect(names(open())).toEqual(["a"]);
  await expect(write(store, policy("b"))).rejects.toThrow(/closed/);
});

test("a second process may not use the same file", () => {
  open();
  expect(() => openSqliteStore(join(folder, "sub", "store.db"), log)).toThrow(
    /store\.db` as a store: another process uses it/,
  );
});

test("a file that is no database is refused and left alone", () => {
  const file = join(folder, "notes.txt");
  writeFileSync(file, "dear diary, this is certainly not a database\n".repeat(50));
  expect(() => openSqliteStore(file, log)).toThrow(/notes\.txt` as a store: file is not a database/);
  expect(statSync(file).size).toBeGreaterThan(1000);
});

test("a file of a later version is refused", async () => {
  await open().close();
  const database = new DatabaseSync(join(folder, "sub", "store.db"));
  database.exec("PRAGMA user_version = 7");
  database.close();
  expect(() => open()).toThrow(/format 7/);
});

test("file and folder are this user's alone", () => {
  open();
  expect(statSync(join(folder, "sub")).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, "sub", "store.db")).mode & 0o777).toBe(0o600);
});

test("what cannot be read is reported, blocks its mesh, and can be written anew or deleted", async () => {
  const store = open();
  await write(store, policy("a"), policy("b"));
  await store.close();
  const database = new DatabaseSync(join(folder, "sub", "store.db"));
  database.exec("UPDATE resources SET document = '{]' ");
  database.close();
  const again = open();
  expect(errors.length).toBe(2);
  expect(again.problems().map(({ mesh: of }) => of)).toEqual(["default", "default"]);
  expect(names(again)).toEqual([]);
  expect(again.view.has(key("a"))).toBe(true);
  await write(again, policy("a"), { kind: "delete", key: key("b") });
  expect(again.problems()).toEqual([]);
  expect(names(again)).toEqual(["a"]);
});
