const LONGEST = 80;

/**
 * What a user wrote, for a message: in backticks, on one line, cut after 80 characters. Backticks in it become
 * quotes; control and invisible direction characters become escapes, so that a terminal shows what is there.
 */
export function quote(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST).replace(/[\ud800-\udbff]$/, "")}…` : text;
  const visible = cut
    .replaceAll("`", "'")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
  return `\`${visible}\``;
}
