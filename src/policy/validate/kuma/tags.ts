import { asObject, asText, byCode, keyed, type Violation } from "./violation.ts";

const SERVICE = "kuma.io/service";
const NAME = /^[a-zA-Z0-9.\-_:/]*$/;
const VALUE = /^[a-zA-Z0-9.\-_:]*$/;

/** What is asked of tags beyond their characters. */
export interface TagOptions {
  readonly requireService?: boolean;
  /** Violations of the map as a whole; they come first. */
  readonly extra?: (tags: Readonly<Record<string, string>>) => readonly Violation[];
}

/** A map of strings as Kuma decodes it: null is the empty string. */
export function textMap(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(asObject(value) ?? {}).map(([key, inner]) => [key, asText(inner)]));
}

/** The violations of tags at `path`, by name. */
export function kumaTagViolations(value: unknown, path: string, options: TagOptions = {}): Violation[] {
  const tags = textMap(value);
  const out: Violation[] = [...(options.extra?.(tags) ?? [])];
  for (const name of Object.keys(tags).sort(byCode)) {
    const field = keyed(path, name);
    if (name === "") out.push({ field: path, message: "tag name must be non-empty" });
    if (!NAME.test(name))
      out.push({
        field,
        message: "tag name must consist of alphanumeric characters, dots, dashes, slashes and underscores",
      });
    if (tags[name] === "") out.push({ field, message: "tag value must be non-empty" });
    if (!VALUE.test(tags[name] ?? ""))
      out.push({ field, message: "tag value must consist of alphanumeric characters, dots, dashes and underscores" });
  }
  if (options.requireService === true && !Object.hasOwn(tags, SERVICE))
    out.push({ field: path, message: `mandatory tag "${SERVICE}" is missing` });
  return out;
}
