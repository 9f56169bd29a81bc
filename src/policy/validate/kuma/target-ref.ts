import { kumaTagViolations } from "./tags.ts";
import { asArray, asObject, asText, structFields, type Violation } from "./violation.ts";

const isSet = (value: unknown): boolean => {
  const object = asObject(value);
  return object !== undefined ? Object.keys(object).length > 0 : asArray(value).length > 0 || asText(value) !== "";
};

const FIELDS = ["kind", "name", "mesh", "tags", "labels", "namespace", "sectionName"];

/** The violations of a `targetRef` in Kuma's order; fields are prefixed with `at`. */
export function kumaTargetRef(targetRef: unknown, supported: readonly string[], at: string): readonly Violation[] {
  const ref = structFields(targetRef, FIELDS);
  const kind = asText(ref.kind);
  if (kind === "") return [{ field: `${at}.kind`, message: "must be defined" }];
  if (!supported.includes(kind)) return [{ field: `${at}.kind`, message: "value is not supported" }];
  const unset = (names: readonly string[]): Violation[] =>
    names
      .filter((n) => isSet(ref[n]))
      .map((n) => ({ field: `${at}.${n}`, message: `must not be set with kind ${kind}` }));
  if (kind === "Mesh") {
    const name = isSet(ref.name)
      ? [{ field: `${at}.name`, message: "using name with kind Mesh is not yet supported" }]
      : [];
    return [...name, ...unset(["mesh", "tags", "labels", "namespace", "sectionName"])];
  }
  return [
    ...unset(["name", "mesh"]),
    ...kumaTagViolations(ref.tags, `${at}.tags`),
    ...unset(["labels", "namespace", "sectionName"]),
  ];
}
