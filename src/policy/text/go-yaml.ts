import { Document, isScalar, visit } from "yaml";

/**
 * A plain value as Go's YAML library prints it: keys sorted by byte, lists as deep as their field, a string that another
 * reader could take for a number or a time in double quotes, one that needs quotes for its characters in single ones.
 */
export function printGoYaml(value: unknown): string {
  const document = new Document(value, { sortMapEntries: byKey });
  visit(document, {
    Scalar(_, node) {
      if (isScalar(node) && typeof node.value === "string" && isLikeAnother(node.value)) node.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString({ lineWidth: 0, indentSeq: false, singleQuote: true });
}

const byKey = (a: { readonly key: unknown }, b: { readonly key: unknown }): number => {
  const [left, right] = [textOf(a.key), textOf(b.key)];
  return left < right ? -1 : left > right ? 1 : 0;
};

const textOf = (key: unknown): string => String(isScalar(key) ? key.value : key);

/** A string that YAML 1.1 reads as a null, a boolean, a number or a time. */
const isLikeAnother = (text: string): boolean =>
  /^(?:|~|null|y|n|yes|no|on|off|true|false|[-+]?\.inf|\.nan)$/i.test(text) ||
  /^[-+]?(?:0b[01_]+|0x[\da-f_]+|0o?[0-7_]+|[\d][\d_]*(?:\.[\d_]*)?(?:e[-+]?\d+)?|\.\d[\d_]*(?:e[-+]?\d+)?)$/i.test(
    text,
  ) ||
  /^\d{4}-\d\d?-\d\d?(?:(?:[Tt]|\s+)\d\d?:\d\d:\d\d(?:\.\d*)?\s*(?:Z|[-+]\d\d?(?::?\d\d)?)?)?$/.test(text);
