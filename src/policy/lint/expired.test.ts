import { expect, test } from "vitest";
import { policyText, said } from "./lint.testing.ts";

const CODE = "L411-expired";
const NOW = Date.parse("2031-06-15T12:00:00Z");
const labelled = (value: string) => policyText({ head: `labels: { expires: "${value}" }` });
const annotated = (value: string, name = "expires") =>
  `apiVersion: kuma.io/v1alpha1\nkind: MeshPassthrough\nmetadata:\n  name: p\n  namespace: kuma-system\n  annotations:\n    ${name}: "${value}"\nspec: { default: { passthroughMode: None } }\n`;

test("a date in a label, a time in an annotation", () => {
  expect(said(CODE, [labelled("2031-06-14")], { now: NOW })).toEqual([
    "0:4:20 this policy expired on `2031-06-14` and is still in force",
  ]);
  expect(said(CODE, [annotated("2031-06-15T13:59:59+02:00")], { now: NOW })).toEqual([
    "0:7:14 this policy expired on `2031-06-15T13:59:59+02:00` and is still in force",
  ]);
  expect(said(CODE, [annotated("2031-06-15T12:00:00Z")], { now: NOW })).toHaveLength(1);
  expect(said(CODE, [annotated("2031-06-14", "sallyport.io/expires")], { now: NOW })).toHaveLength(1);
});

test("what is no date is told", () => {
  expect(said(CODE, [annotated("end of June")], { now: NOW })).toEqual([
    "0:7:14 `end of June` is not a date: nobody will be told when this policy expires",
  ]);
});

test.each([
  ["a date counts to its end", labelled("2031-06-15"), NOW],
  ["the time is not yet there", annotated("2031-06-15T12:00:00.001Z"), NOW],
  ["there is no clock", labelled("2031-06-14"), undefined],
  ["there is no date", policyText(), NOW],
])("not where %s", (_, text, now) => {
  expect(said(CODE, [text], now === undefined ? {} : { now })).toEqual([]);
});
