/**
 * Plain values as YAML: block style, the keys of an object in their order. Strings that YAML could take for something
 * else are quoted as JSON does it, which YAML reads the same way. Only prints; reading is the business of policy/text.
 */
export function renderYaml(value: unknown): string {
  return `${block(value, "").replace(/^\n/, "")}\n`;
}

/** The value after a key or dash: on the same line, or on the lines below with `indent`. */
function block(value: unknown, indent: string): string {
  if (Array.isArray(value) && value.length > 0)
    return value.map((item) => `\n${indent}- ${block(item, `${indent}  `).trimStart()}`).join("");
  if (typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0)
    return Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => `\n${indent}${scalar(key)}:${spaced(block(member, `${indent}  `))}`)
      .join("");
  return typeof value === "string" ? scalar(value) : JSON.stringify(value);
}

const spaced = (text: string): string => (text.startsWith("\n") ? text : ` ${text}`);

/** Plain only where nothing in the text means anything to YAML 1.1 or 1.2. */
function scalar(text: string): string {
  const isPlain = /^[A-Za-z_/][\w ./#-]*[\w/]$|^[A-Za-z_]$/.test(text) && !text.includes(" #");
  const isWord = /^(?:true|false|yes|no|on|off|null|y|n)$/i.test(text);
  return isPlain && !isWord ? text : JSON.stringify(text);
}
