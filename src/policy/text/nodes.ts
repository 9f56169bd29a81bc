import { isNode, type Node } from "yaml";

/** A part of a parsed document; an absent one is null. The library's types also allow for parts made by hand. */
export const asNode = (part: unknown): Node | null => (isNode(part) ? part : null);
