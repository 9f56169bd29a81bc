import { type DiagnosticCode, type Path, quote } from "../diagnostics/index.ts";
import { LABELS } from "../model/index.ts";
import type { Draft, Report } from "../text/index.ts";
import { child } from "./written.ts";

const LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
const NAMESPACE = new RegExp(`^${LABEL}$`);
/** What Kuma once let be created, and still lets be updated. */
const RELAXED = /^[0-9a-z._-]*$/;
const LONGEST = 253;

/** Name, mesh and namespace. `exists`: names are checked as on an update. */
export function checkNames(report: Report, draft: Draft, exists: boolean): void {
  const kubernetes = draft.form === "kubernetes";
  const name: Path = kubernetes ? ["metadata", "name"] : ["name"];
  checkName(report, name, child(draft.root, ...name), exists && !kubernetes);
  if (kubernetes) {
    checkNamespace(report, draft, ["metadata", "namespace"]);
    if (draft.type === "Dataplane") checkMesh(report, ["mesh"], child(draft.root, "mesh"));
    const label: Path = ["metadata", "labels", LABELS.mesh];
    if (draft.type !== "Mesh") checkMesh(report, label, child(draft.root, ...label));
  } else if (draft.type !== "Mesh") {
    checkMesh(report, ["mesh"], child(draft.root, "mesh"));
    checkNamespace(report, draft, ["labels", LABELS.namespace]);
  }
}

function checkName(report: Report, path: Path, name: unknown, exists: boolean): void {
  if (typeof name !== "string") return;
  const refuse = (code: DiagnosticCode, message: string, help?: string) => report.add({ code, path, message, help });
  if (name === "") refuse("E112-bad-name", "the name is empty");
  else if (name.length > LONGEST)
    refuse("E112-bad-name", `the name has ${name.length} characters; at most ${LONGEST} are allowed`);
  else if (SUBDOMAIN.test(name)) return;
  else if (exists && RELAXED.test(name))
    refuse("W309-name-style", `a new resource could not be named ${quote(name)}`, ALLOWED);
  else refuse("E112-bad-name", `${quote(name)} is not a name`, ALLOWED);
}

const ALLOWED = "use lower-case letters, digits, `-` and `.`, with a letter or digit at both ends of each part";

function checkMesh(report: Report, path: Path, mesh: unknown): void {
  if (typeof mesh !== "string" || (mesh !== "" && mesh.length <= LONGEST && RELAXED.test(mesh))) return;
  report.add({
    code: "E112-bad-name",
    path,
    message: mesh === "" ? "the mesh is empty" : `${quote(mesh)} is not the name of a mesh`,
    help: "use lower-case letters, digits, `-`, `_` and `.`",
  });
}

function checkNamespace(report: Report, { root }: Draft, path: readonly string[]): void {
  const namespace = child(root, ...path);
  if (typeof namespace !== "string" || (namespace.length <= 63 && NAMESPACE.test(namespace))) return;
  report.add({
    code: "E112-bad-name",
    path,
    message: `${quote(namespace)} is not the name of a namespace`,
    help: "use at most 63 lower-case letters, digits and `-`, with a letter or digit at both ends",
  });
}
