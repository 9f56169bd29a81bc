import { type Path, quote } from "../diagnostics/index.ts";
import { parseRevocation, REVOCATION_FORMS, REVOCATION_NAME } from "../model/index.ts";
import { type Draft, isMap, type Report } from "../text/index.ts";
import { child } from "./written.ts";

const WORD = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const PREFIX = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/** Keys and values of labels, as Kubernetes has them in both forms. */
export function checkLabels(report: Report, draft: Draft): void {
  const path: Path = draft.form === "kubernetes" ? ["metadata", "labels"] : ["labels"];
  const labels = child(draft.root, ...path);
  if (!isMap(labels)) return;
  for (const [key, value] of labels) {
    if (!isKey(key))
      report.add({
        code: "E114-bad-label",
        path: [...path, key],
        message: `${quote(key)} is not the name of a label`,
        help: "write at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends; a domain and `/` may come before",
        at: "key",
      });
    if (typeof value === "string" && value !== "" && !(value.length <= 63 && WORD.test(value)))
      report.add({
        code: "E114-bad-label",
        path: [...path, key],
        message: `${quote(value)} is not the value of a label`,
        help: "write at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends",
      });
  }
}

/** What a policy says of open connections that a change forbids. */
export function checkRevocation(report: Report, draft: Draft): void {
  const places: readonly Path[] =
    draft.form === "kubernetes"
      ? [
          ["metadata", "annotations"],
          ["metadata", "labels"],
        ]
      : [["labels"]];
  for (const path of places) {
    const value = child(draft.root, ...path, REVOCATION_NAME);
    if (typeof value !== "string" || parseRevocation(value) !== undefined) continue;
    report.add({
      code: "E128-bad-revocation",
      path: [...path, REVOCATION_NAME],
      message: `${quote(value)} does not say what becomes of open connections that a change forbids`,
      help: `write ${REVOCATION_FORMS}`,
    });
  }
}

function isKey(key: string): boolean {
  const slash = key.indexOf("/");
  const [prefix, name] = slash < 0 ? [undefined, key] : [key.slice(0, slash), key.slice(slash + 1)];
  const prefixOk = prefix === undefined || (prefix.length <= 253 && PREFIX.test(prefix));
  return prefixOk && name.length <= 63 && WORD.test(name);
}
