import { expect, test } from "vitest";
import { type Results, withResults } from "../../bench/envoy-scale/page.ts";
import { readText } from "./sources.ts";

const page = readText("docs/reference/envoy-scale.md");
const results: Results = JSON.parse(readText("bench/results.json"));

test("docs/reference/envoy-scale.md says what bench/results.json says (`npm run docs` writes it)", () => {
  expect(page).toBe(withResults(page, results));
  expect(page.match(/<!-- end -->/g)).toHaveLength(4);
});
