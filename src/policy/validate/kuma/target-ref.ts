import { asArray, asObject, asText, byCode, type Violation } from "./violation.ts";

const isSet = (value: unknown): boolean => {
  const object = asObject(value);
  return object !== undefined ? Object.keys(object).length > 0 : asArray(value).length > 0 || asText(value) !== "";
};

/** The violations of a `targetRef` in Kuma's order; fields are prefixed with `at`. */
export function kumaTargetRef(targetRef: unknown, supported: readonly string[], at: string): readonly Violation[] {
  const ref = asObject(targetRef) ?? {};
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
    ...tagViolations(asObject(ref.tags) ?? {}, at),
    ...unset(["labels", "namespace", "sectionName"]),
  ];
}

function tagViolations(tags: Readonly<Record<string, unknown>>, at: string): Violation[] {
  return Object.keys(tags)
    .sort(byCode)
    .flatMap((name) => {
      const field = `${at}.tags["${name}"]`;
      const value = asText(tags[name]);
      const out: Violation[] = [];
      if (name === "") out.push({ field: `${at}.tags`, message: "tag name must be non-empty" });
      else if (!/^[a-zA-Z0-9.\-_:/]*$/.test(name))
        out.push({
          field,
          message: "tag name must consist of alphanumeric characters, dots, dashes, slashes and underscores",
        });
      if (value === "") out.push({ field, message: "tag value must be non-empty" });
      else if (!/^[a-zA-Z0-9.\-_:]*$/.test(value))
        out.push({ field, message: "tag value must consist of alphanumeric characters, dots, dashes and underscores" });
      return out;
    });
}
