import { LABELS } from "../../model/index.ts";
import { textMap } from "./tags.ts";
import { byCode, keyed, type Violation } from "./violation.ts";

/** Which control plane takes the resource. */
export interface KumaContext {
  /** The zone of the control plane; absent: a Global one. */
  readonly zone?: string;
  /** Does the resource exist already? Its name is then held to fewer rules. Default false. */
  readonly exists?: boolean;
}

/** The violations of a Universal resource's labels in a PUT: values that Kuma computes first, then all by name. */
export function kumaLabelViolations(written: unknown, mesh: string, { zone }: KumaContext): readonly Violation[] {
  const labels = textMap(written);
  const out: Violation[] = [];
  const refuse = (label: string, message: string) => out.push({ field: keyed("labels", label), message });
  const origin = labels[LABELS.origin];
  if (origin !== undefined && origin !== "global" && origin !== "zone")
    refuse(LABELS.origin, `unknown resource origin ${JSON.stringify(origin)}`);
  if (zone !== undefined && origin !== "global") {
    const written = labels[LABELS.zone];
    if (written !== undefined && written !== zone)
      refuse(LABELS.zone, `${LABELS.zone} label should have ${zone} value`);
    if (labels[LABELS.mesh] !== undefined && labels[LABELS.mesh] !== mesh)
      refuse(LABELS.mesh, `${LABELS.mesh} label must not differ from mesh set on resource`);
  }
  for (const label of Object.keys(labels).sort(byCode))
    for (const message of [...nameFaults(label), ...valueFaults(labels[label] ?? "")]) refuse(label, message);
  return out;
}

const QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const SUBDOMAIN = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const CHARACTERS =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

const fits = (pattern: string, text: string): boolean => new RegExp(`^(?:${pattern})$`).test(text);

/** How Kubernetes' library explains a pattern, its doubled spaces included. */
function explained(message: string, pattern: string, examples: readonly string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(" or ");
  return `${message} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

const NAME_EXAMPLES = ["MyName", "my.name", "123-abc"];

function nameFaults(label: string): string[] {
  const parts = label.split("/");
  const [prefix, name] = parts.length === 1 ? [undefined, parts[0] ?? ""] : [parts[0], parts[1] ?? ""];
  if (parts.length > 2)
    return [
      `a qualified name ${explained(CHARACTERS, QUALIFIED, NAME_EXAMPLES)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  const out: string[] = [];
  if (prefix === "") out.push("prefix part must be non-empty");
  else if (prefix !== undefined) out.push(...subdomainFaults(prefix).map((message) => `prefix part ${message}`));
  if (name === "") out.push("name part must be non-empty");
  else if (name.length > 63) out.push("name part must be no more than 63 characters");
  if (!fits(QUALIFIED, name)) out.push(`name part ${explained(CHARACTERS, QUALIFIED, NAME_EXAMPLES)}`);
  return out;
}

/** The faults of a lower-case DNS name, in the words of Kubernetes' library. */
export function subdomainFaults(text: string): string[] {
  const long = text.length > 253 ? ["must be no more than 253 characters"] : [];
  if (fits(SUBDOMAIN, text)) return long;
  const rule =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return [...long, explained(rule, SUBDOMAIN, ["example.com"])];
}

function valueFaults(value: string): string[] {
  const long = value.length > 63 ? ["must be no more than 63 characters"] : [];
  if (fits(`(${QUALIFIED})?`, value)) return long;
  const rule = `a valid label must be an empty string or consist of ${CHARACTERS.replace("must consist of ", "")}`;
  return [...long, explained(rule, `(${QUALIFIED})?`, ["MyValue", "my_value", "12345"])];
}

/** The violations of a Kubernetes resource's labels, in the words of an API server. */
export function kubernetesLabelViolations(written: unknown): readonly Violation[] {
  const labels = textMap(written);
  return Object.keys(labels)
    .sort(byCode)
    .flatMap((label) => [
      ...nameFaults(label).map((message) => ({ value: label, message })),
      ...valueFaults(labels[label] ?? "").map((message) => ({ value: labels[label], message })),
    ])
    .map(({ value, message }) => ({
      field: "metadata.labels",
      message: `Invalid value: ${JSON.stringify(value)}: ${message}`,
    }));
}
