import { DIAGNOSTIC_CODES, type Diagnostic, type DiagnosticCode, type Path, quote } from "../diagnostics/index.ts";
import { LABELS, type Resource, resourceId } from "../model/index.ts";
import { type Located, nearestWord } from "../text/index.ts";

/** What only shows when resources are seen together, whatever files they come from. */
export function checkSet(resources: readonly Located[]): readonly Diagnostic[] {
  return [...duplicates(resources), ...unknownMeshes(resources)];
}

function* duplicates(resources: readonly Located[]): Generator<Diagnostic> {
  const byId = new Map<string, Located[]>();
  for (const located of resources) {
    const id = resourceId(located.resource.type, located.resource.meta);
    const same = byId.get(id);
    if (same === undefined) byId.set(id, [located]);
    else same.push(located);
  }
  for (const [id, same] of byId) {
    if (same.length < 2) continue;
    for (const one of same) {
      const other = same.find((located) => located !== one)?.spanOf([]);
      const where = other === undefined ? "" : `; another is at ${other.file}:${other.start.line}`;
      yield finding(
        "E205-duplicate-resource",
        one,
        namePath(one.resource),
        `${quote(id)} is written more than once`,
        `keep one of them, or rename it${where}`,
      );
    }
  }
}

const namePath = ({ meta }: Resource): Path => (meta.form === "kubernetes" ? ["metadata", "name"] : ["name"]);

/** Only where the set says which meshes there are: a policy on its own is no fault. */
function* unknownMeshes(resources: readonly Located[]): Generator<Diagnostic> {
  const meshes = new Set<string>();
  for (const { resource } of resources) if (resource.type === "Mesh") meshes.add(resource.meta.name);
  const known = new Set(meshes);
  for (const { resource } of resources) if (resource.type === "Dataplane") known.add(resource.meta.mesh);
  for (const one of resources) {
    const { type, meta } = one.resource;
    const among = type === "MeshPassthrough" ? known : meshes;
    if (type === "Mesh" || among.size === 0 || among.has(meta.mesh)) continue;
    const nearest = nearestWord(meta.mesh, among);
    const what = type === "MeshPassthrough" ? "this policy selects nothing" : "its passthrough flag is taken as true";
    yield finding(
      "W306-unknown-mesh",
      one,
      meshPath(one.resource),
      `there is no mesh ${quote(meta.mesh)}: ${what}`,
      nearest === undefined ? "write the Mesh too, or name one that exists" : `did you mean \`${nearest}\`?`,
    );
  }
}

function meshPath({ type, meta }: Resource): Path {
  if (meta.form === "universal" || type === "Dataplane") return ["mesh"];
  return ["metadata", "labels", LABELS.mesh];
}

function finding(code: DiagnosticCode, at: Located, path: Path, message: string, help: string): Diagnostic {
  const span = at.spanOf(path) ?? at.spanOf([]);
  return {
    code,
    severity: DIAGNOSTIC_CODES[code],
    resource: resourceId(at.resource.type, at.resource.meta),
    path,
    message,
    help,
    ...(span === undefined ? {} : { span }),
  };
}
