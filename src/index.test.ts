import { expect, test } from "vitest";
import { loadCases } from "../test/engines/cases.ts";
import { check, effective, parse } from "./index.ts";

const { files } = loadCases();

test("the cases have policies in both forms", () => {
  expect(files.length).toBeGreaterThan(30);
  expect(files.some(({ resources }) => resources.includes("k8s.kuma.io") || resources.includes('"kind"'))).toBe(true);
});

test.each([{}, { zone: "east" }, { zone: "east", systemNamespace: "mesh-system" }])(
  "law: `effective` gives what `check` gives, from parsed and from checked resources, with %o",
  (options) => {
    for (const { name, resources } of files) {
      const texts = [{ file: `${name}.yaml`, text: resources }];
      const checked = check(texts, options);
      const parsed = texts.flatMap(({ file, text }) => parse(file, text).resources);
      for (const { dataplane, effective: wanted } of checked.proxies) {
        const written = parsed.find(
          ({ resource: { type, meta } }) =>
            type === "Dataplane" && meta.name === dataplane.meta.name && meta.mesh === dataplane.meta.mesh,
        )?.resource;
        if (written?.type !== "Dataplane") throw new Error(`${name}: the Dataplane is lost`);
        const sound = new Set(checked.resources.map(({ resource }) => `${resource.type} ${resource.meta.name}`));
        const asWritten = parsed.map(({ resource }) => resource).filter((r) => sound.has(`${r.type} ${r.meta.name}`));
        expect(effective(asWritten, written, options), name).toEqual(wanted);
        expect(effective(asWritten.toReversed(), written, options), name).toEqual(wanted);
        const stored = checked.resources.map(({ resource }) => resource);
        expect(effective(stored, dataplane, options), name).toEqual(wanted);
      }
    }
  },
);
