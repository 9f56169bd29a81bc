import { toASCII } from "tr46";
import { parseIpBits } from "./ip.ts";
import { type Brand, type Parsed, parsed, refused } from "./parsed.ts";

/** Lower-case ASCII name without a trailing dot; never an IP address. */
export type DomainName = Brand<string, "DomainName">;

/** What the `value` of a Domain rule says about a name. */
export type DomainPattern =
  | { readonly kind: "exact"; readonly name: DomainName }
  | { readonly kind: "suffix"; readonly rest: DomainName } // `*.rest`: any depth below, never `rest` itself
  | { readonly kind: "any" }; // `*`

/** Why a text is no domain pattern. */
export type DomainRefusal = "not-a-name" | "not-ascii" | "partial-wildcard" | "an-address" | "too-long";

/**
 * Labels of 1–63 letters, digits, `-` and `_`, not starting with `-`, 253 characters in all, one trailing dot
 * dropped. A wildcard is `*` alone or `*.` before a name. What is not ASCII is refused, with its A-label as help.
 */
export function parseDomainPattern(text: string): Parsed<DomainPattern, DomainRefusal> {
  if (text === "*") return parsed({ kind: "any" });
  const wildcard = text.startsWith("*.");
  if (text.startsWith("*") && !wildcard)
    return refused(
      "partial-wildcard",
      `a wildcard stands for whole labels: \`*.${text.replace(/^\*+\.?/, "") || "example.com"}\``,
    );
  const name = parseDomainName(wildcard ? text.slice(2) : text);
  if (!name.ok) return name.reason === "not-ascii" ? refused(name.reason, helpForUnicode(text)) : name;
  return parsed(wildcard ? { kind: "suffix", rest: name.value } : { kind: "exact", name: name.value });
}

/** A name without wildcard, as {@link parseDomainPattern} reads it. */
export function parseDomainName(text: string): Parsed<DomainName, DomainRefusal> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is ASCII
  if (!/^[\x00-\x7f]*$/.test(text)) return refused("not-ascii", helpForUnicode(text));
  if (text.includes("*")) return refused("partial-wildcard", "only the first label can be `*`, and it stands alone");
  const name = text.toLowerCase().replace(/\.$/, "");
  if (parseIpBits(name) !== undefined) return refused("an-address", "an address needs `type: IP`");
  if (name.length > 253) return refused("too-long", "a name has at most 253 characters");
  const long = name.split(".").find((label) => label.length > 63);
  if (long !== undefined) return refused("too-long", "a label has at most 63 characters");
  if (!/^[a-z0-9_][a-z0-9_-]*(?:\.[a-z0-9_][a-z0-9_-]*)*$/.test(name)) return refused("not-a-name", helpForName(text));
  return parsed(name as DomainName);
}

/** The text of a pattern; parsing it gives the pattern back. */
export function formatDomainPattern(pattern: DomainPattern): string {
  if (pattern.kind === "any") return "*";
  return pattern.kind === "exact" ? pattern.name : `*.${pattern.rest}`;
}

/** Does the pattern cover the name? `name` is compared as it stands: the caller has lower-cased it. */
export function domainMatches(pattern: DomainPattern, name: string): boolean {
  if (pattern.kind === "any") return true;
  if (pattern.kind === "exact") return name === pattern.name;
  return name.endsWith(`.${pattern.rest}`);
}

function helpForUnicode(text: string): string {
  const ascii = toASCII(text, { checkHyphens: true, checkBidi: true, checkJoiners: true, verifyDNSLength: true });
  return ascii === null ? "write the name in ASCII" : `write the A-label: \`${ascii}\``;
}

function helpForName(text: string): string {
  if (text.includes("://")) return "write the host name alone, without scheme and path";
  if (/:\d+$/.test(text)) return "the port goes into the field `port`";
  if (text.includes("/")) return "a block of addresses needs `type: CIDR`; a name has no path";
  return "write a name such as `example.com`, or `*.example.com` for all names below it";
}
