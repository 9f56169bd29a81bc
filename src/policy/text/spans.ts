import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node } from "yaml";
import type { Path, Span } from "../diagnostics/index.ts";
import type { Lines } from "./lines.ts";
import { asNode } from "./nodes.ts";

/** The places of one document. Looked up when asked for: most documents have nothing to report. */
export interface Places {
  /** From offsets, in UTF-16 units from the start of the text. */
  spanAt(start: number, end: number): Span;
  /** The value at a path, followed through aliases; undefined where there is none. */
  spanOf(path: Path): Span | undefined;
  /** The key at the end of a path; of a list item the item. */
  keySpanOf(path: Path): Span | undefined;
}

/** What each alias of a document stands for; filled while the document is read. */
export type AliasTargets = Map<Alias, Node>;

/** Without `document`: offsets only. */
export function createPlaces(
  file: string,
  lines: Lines,
  document?: Document,
  targets: AliasTargets = new Map(),
): Places {
  const spanAt = (start: number, end: number): Span => ({
    file,
    start: lines.positionOf(start),
    end: lines.positionOf(Math.max(start, end)),
  });
  const spanOfNode = (node: Node | null): Span | undefined =>
    node?.range == null ? undefined : spanAt(node.range[0], node.range[1]);
  return {
    spanAt,
    spanOf(path) {
      const place = find(document, targets, path);
      if (place === undefined) return undefined;
      // An empty value has no text; its key has.
      const empty = isScalar(place.value) && place.value.range?.[0] === place.value.range?.[1];
      return empty && place.key !== undefined ? spanOfNode(place.key) : spanOfNode(place.value);
    },
    keySpanOf(path) {
      const place = find(document, targets, path);
      return place === undefined ? undefined : spanOfNode(place.key ?? place.value);
    },
  };
}

interface Place {
  readonly key?: Node;
  readonly value: Node | null;
}

function find(document: Document | undefined, targets: AliasTargets, path: Path): Place | undefined {
  let place: Place = { value: asNode(document?.contents) };
  for (const step of path) {
    const node = isAlias(place.value) ? (targets.get(place.value) ?? null) : place.value;
    if (isSeq(node) && typeof step === "number") {
      if (step >= node.items.length) return undefined;
      place = { value: asNode(node.items[step]) };
    } else if (isMap(node)) {
      const pair = node.items.find((p) => isScalar(p.key) && String(p.key.value ?? "") === step);
      const key = asNode(pair?.key);
      if (pair === undefined || key === null) return undefined;
      place = { key, value: asNode(pair.value) };
    } else return undefined;
  }
  return place;
}
