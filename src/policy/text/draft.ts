import type { Diagnostic, Path, Span } from "../diagnostics/index.ts";
import type { Form, Match, MatchType, Mode, Protocol, Resource, ResourceType } from "../model/index.ts";
import type { Port } from "../net/index.ts";
import type { ValueMap } from "./value.ts";

/** A resource and the places of its fields. Paths are those of the written document, in whichever form it was. */
export interface Located<R extends Resource = Resource> {
  readonly resource: R;
  /** The value of a field; absent where the document has none. `[]` is the whole document. */
  spanOf(path: Path): Span | undefined;
}

/** What can be said of an entry of `appendMatch`, faulty or not. A field that could not be read is absent. */
export interface Entry {
  readonly index: number;
  readonly type?: MatchType;
  readonly value?: string;
  readonly match?: Match;
  readonly protocol?: Protocol;
  /** `any`: the entry has no port. */
  readonly port?: Port | "any";
}

/** One document of a type that is ours, whatever its faults, so that checks can look at what is right in it. */
export interface Draft {
  readonly file: string;
  readonly type: ResourceType;
  readonly form: Form;
  /** As `resourceId` gives it; absent where mesh or name could not be read. */
  readonly id?: string;
  /** The written document. */
  readonly root: ValueMap;
  /** Where `networking`, or `targetRef` and `default`, are written: `[]` or `["spec"]`. */
  readonly spec: Path;
  /** Entries of `appendMatch`; empty for other types. */
  readonly entries: readonly Entry[];
  /** `unreadable`: written, and not a mode. */
  readonly mode?: Mode | "unreadable";
  /** Absent if the text has an error that keeps it from being a resource. */
  readonly resource?: Resource;
  spanOf(path: Path): Span | undefined;
  /** The key of a field, for findings about the field itself. */
  keySpanOf(path: Path): Span | undefined;
}

/** All of one text. */
export interface ParsedText {
  readonly resources: readonly Located[];
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly Diagnostic[];
}
