import { type Path, quote } from "../diagnostics/index.ts";
import type { Report, ValueMap } from "../text/index.ts";

const NAME = /^[a-zA-Z0-9.\-_:/]+$/;
const VALUE = /^[a-zA-Z0-9.\-_:]+$/;

/** Names and values of tags, of a selector and of a proxy alike. */
export function checkTags(report: Report, tags: ValueMap, path: Path): void {
  for (const [name, value] of tags) {
    if (!NAME.test(name))
      report.add({
        code: "E113-bad-tag",
        path: [...path, name],
        message: name === "" ? "a tag has an empty name" : `${quote(name)} is not the name of a tag`,
        help: "use letters, digits, `.`, `-`, `_`, `:` and `/`",
        at: "key",
      });
    if (typeof value === "string" && !VALUE.test(value))
      report.add({
        code: "E113-bad-tag",
        path: [...path, name],
        message:
          value === "" ? `the tag ${quote(name)} has an empty value` : `${quote(value)} is not the value of a tag`,
        help:
          value === "*"
            ? "a tag selects one value; leave the tag out to select any"
            : "use letters, digits, `.`, `-`, `_` and `:`",
      });
  }
}
