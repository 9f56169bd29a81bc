/**
 * The labels of a resource as a control plane stores it, computed anew on every write: from the form, the namespace
 * and the zone, never from what an earlier write left behind. Applying a file twice changes nothing.
 */
import { DIAGNOSTIC_CODES, type Diagnostic, type DiagnosticCode, quote } from "../diagnostics/index.ts";
import { type Form, LABELS, type Labels, type Resource, resourceId } from "../model/index.ts";

/** Where a resource is written. */
export interface LabelContext {
  /** Default everywhere else: `kuma-system`. */
  readonly systemNamespace: string;
  /** The zone of the control plane; absent for one that has none, and for files on their own. */
  readonly zone?: string;
  /** `kuma.io/env`; absent: the form of the resource. */
  readonly environment?: Form;
}

/** Labels as stored, and what is to be said of those that were written. A diagnostic has a path but no span. */
export interface ComputedLabels {
  readonly labels: Labels;
  readonly diagnostics: readonly Diagnostic[];
}

/** Labels are computed for what has a mesh; a Mesh keeps those that were written. */
export function computeLabels(resource: Resource, context: LabelContext): ComputedLabels {
  const written = resource.meta.labels;
  if (resource.type === "Mesh") return { labels: written, diagnostics: [] };
  const labels = { ...written };
  const diagnostics = [...checkWritten(resource, context)];
  const fill = (label: string, value: string): void => {
    if (!Object.hasOwn(labels, label)) labels[label] = value;
  };
  fill(LABELS.mesh, resource.meta.mesh);
  if (context.zone !== undefined) fill(LABELS.origin, "zone");
  const local = labels[LABELS.origin] !== "global";
  if (context.zone !== undefined && local) {
    fill(LABELS.zone, context.zone);
    fill(LABELS.env, context.environment ?? resource.meta.form);
  }
  if (resource.meta.namespace === undefined) delete labels[LABELS.namespace];
  else fill(LABELS.namespace, resource.meta.namespace);
  if (resource.type === "MeshPassthrough") {
    const role = roleOf(resource, context);
    if (role === undefined) delete labels[LABELS.role];
    else labels[LABELS.role] = role;
  }
  return { labels, diagnostics };
}

/** The resource as stored. With a zone, a Dataplane's inbounds also get the zone's tag, where they have none. */
export function withComputedLabels<R extends Resource>(resource: R, context: LabelContext): R {
  const { labels } = computeLabels(resource, context);
  const stored = { ...resource, meta: { ...resource.meta, labels } };
  if (context.zone === undefined || stored.type !== "Dataplane") return stored;
  const zone = { [LABELS.zone]: context.zone };
  return {
    ...stored,
    inbound: stored.inbound.map((inbound) => ({ ...inbound, tags: { ...zone, ...inbound.tags } })),
    ...(stored.gateway === undefined
      ? {}
      : { gateway: { ...stored.gateway, tags: { ...zone, ...stored.gateway.tags } } }),
  };
}

/** Universal: none, which reads as `system`. */
function roleOf({ meta }: Resource, context: LabelContext): string | undefined {
  if (meta.namespace === undefined) return undefined;
  return meta.namespace === context.systemNamespace ? "system" : "workload-owner";
}

function* checkWritten(resource: Resource, context: LabelContext): Generator<Diagnostic> {
  const { form, mesh, namespace, labels } = resource.meta;
  const finding = (code: DiagnosticCode, label: string, message: string, help: string): Diagnostic => ({
    code,
    severity: DIAGNOSTIC_CODES[code],
    resource: resourceId(resource.type, resource.meta),
    path: labelPath(form, label),
    message,
    help,
  });
  const origin = labels[LABELS.origin];
  if (origin !== undefined && origin !== "global" && origin !== "zone")
    yield finding(
      "E118-computed-label",
      LABELS.origin,
      `${quote(origin)} is not an origin`,
      "write `zone` or `global`, or leave the label out",
    );
  const zone = labels[LABELS.zone];
  if (zone !== undefined && context.zone !== undefined && origin !== "global" && zone !== context.zone)
    yield finding(
      "E118-computed-label",
      LABELS.zone,
      `this control plane's zone is \`${context.zone}\`, not ${quote(zone)}`,
      "leave the label out",
    );
  const environment = context.environment ?? form;
  const fixed: [label: string, value: string][] = [
    [LABELS.mesh, mesh],
    [LABELS.env, environment],
    ...(namespace === undefined ? [] : [[LABELS.namespace, namespace] satisfies [string, string]]),
  ];
  for (const [label, value] of fixed) {
    const wrote = labels[label];
    if (wrote === undefined || wrote === value || (label === LABELS.env && origin === "global")) continue;
    const message = `\`${label}\` is \`${value}\` here, not ${quote(wrote)}`;
    yield finding("E118-computed-label", label, message, "leave the label out");
  }
  if (namespace === undefined && labels[LABELS.namespace] !== undefined) {
    const isPolicy = resource.type === "MeshPassthrough";
    yield finding(
      "W311-namespace-label",
      LABELS.namespace,
      `Universal form has no namespaces: \`${LABELS.namespace}\` has no effect${isPolicy ? ", and this policy selects proxies of the whole mesh" : ""}`,
      `leave the label out${isPolicy ? " and select with `targetRef`" : ""}; the API of a control plane refuses it`,
    );
  }
  const role = labels[LABELS.role];
  const computedRole = roleOf(resource, context) ?? "system";
  if (resource.type === "MeshPassthrough" && role !== undefined && role !== computedRole)
    yield finding(
      "W307-label-replaced",
      LABELS.role,
      `the role ${quote(role)} is replaced: here it is \`${computedRole}\``,
      "the namespace decides the role; leave the label out",
    );
}

const labelPath = (form: Form, label: string): readonly string[] =>
  form === "universal" ? ["labels", label] : ["metadata", "labels", label];
