/**
 * Where resources live, behind one interface: a SQLite file that the API writes, or a folder of files that people write
 * and that is watched. Readers are served from memory; a write is acknowledged when it is on disk.
 */
export { openFilesStore } from "./files-store.ts";
export { isError, type ReadResource, type ReadText, readText } from "./read-text.ts";
export { openSqliteStore } from "./sqlite-store.ts";
export {
  type JsonObject,
  type JsonValue,
  keyOf,
  type Plan,
  type Problem,
  ReadOnlyError,
  type ResourceKey,
  type Store,
  type StoreChange,
  type Stored,
  type StoreView,
  type Write,
} from "./store.ts";
export { fieldsOf } from "./written.ts";
