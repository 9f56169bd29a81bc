import type { ErrorCode } from "yaml";

interface Words {
  readonly message: string;
  readonly help?: string;
}

/** What a fault that the parser found means, in our words: its own may carry the text of the file. */
export function syntaxMessage(code: ErrorCode, found: string): Words {
  const byWords = BY_WORDS.find(([part]) => found.includes(part));
  return byWords?.[1] ?? BY_CODE[code] ?? { message: "this cannot be read as YAML" };
}

const BY_WORDS: readonly (readonly [part: string, words: Words])[] = [
  ["closing 'quote", { message: "a single quote is never closed", help: "inside single quotes, write a quote twice" }],
  ['closing "quote', { message: "a double quote is never closed" }],
  ["end with a ]", { message: "a `[` is never closed by `]`" }],
  ["end with a }", { message: "a `{` is never closed by `}`" }],
  ["Missing , ", { message: "a comma is missing before this" }],
  ["Missing , or :", { message: "a comma or `:` is missing before this" }],
  ["Unexpected , in", { message: "a comma with nothing before it" }],
  ["Unexpected empty item", { message: "a comma with nothing before it" }],
  ["followed by map values", { message: "a key without a `:` after it", help: "write `key: value`" }],
  ["Missing space after :", { message: "a space is missing after `:`" }],
  ["without - indicator", { message: "an item of a list must start with `-`" }],
  ["Comments must be separated", { message: "a comment needs a space before its `#`" }],
  ["Block scalar header", { message: "nothing but indentation and chomping may follow `|` or `>` on its line" }],
  ["separated from the next token", { message: "a tag or an anchor needs a space after it" }],
  ["directives-end", { message: "a line of directives needs `---` after it" }],
];

const BY_CODE: Partial<Record<ErrorCode, Words>> = {
  ALIAS_PROPS: { message: "an alias can have neither anchor nor tag" },
  BAD_ALIAS: { message: "this anchor or alias has no usable name" },
  BAD_COLLECTION_TYPE: { message: "this tag does not fit its value", help: "write the value without a tag" },
  BAD_DIRECTIVE: { message: "this `%` line is not one that YAML 1.2 knows", help: "leave it out" },
  BAD_DQ_ESCAPE: {
    message: "this escape is not known in double quotes",
    help: "write a backslash as `\\\\`, or use single quotes",
  },
  BAD_INDENT: {
    message: "the indentation does not fit what is around it",
    help: "indent the fields of a map, and the items of a list, equally",
  },
  BAD_PROP_ORDER: { message: "anchors and tags come after the indicator" },
  BAD_SCALAR_START: { message: "a plain value cannot start with this character", help: "put the value in quotes" },
  BLOCK_AS_IMPLICIT_KEY: { message: "a second `:` on one line", help: "put the value in quotes, or start a new line" },
  BLOCK_IN_FLOW: {
    message: "a block cannot stand inside brackets",
    help: "put a comma before it, or write it in brackets too",
  },
  DUPLICATE_KEY: { message: "this key is already set in this map" },
  KEY_OVER_1024_CHARS: { message: "a key has more than 1024 characters" },
  MULTILINE_IMPLICIT_KEY: { message: "a key must stand on one line, with its `:`" },
  MULTIPLE_ANCHORS: { message: "a value can have one anchor only" },
  MULTIPLE_TAGS: { message: "a value can have one tag only" },
  NON_STRING_KEY: { message: "a key must be a plain name" },
  RESOURCE_EXHAUSTION: { message: "this is nested too deep" },
  TAB_AS_INDENT: { message: "tabs cannot indent in YAML", help: "indent with spaces" },
  TAG_RESOLVE_FAILED: { message: "this tag does not fit its value", help: "write the value without a tag" },
  UNEXPECTED_TOKEN: { message: "this is not expected here", help: "if it is part of a value, put the value in quotes" },
};
