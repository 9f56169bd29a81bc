/** The executable models of Envoy's choice against `decide`: slices of what `npm run fuzz` does in bulk. */
import { expect, test } from "vitest";
import { compareClassic } from "../../bench/fuzz/classic.ts";
import { compareModels } from "../../bench/fuzz/models.ts";
import { renderCase } from "../../bench/fuzz/render-case.ts";
import { enough } from "./enough.ts";

const POLICIES = 400;
const MIN_PAIRS = 100_000;

test("law: what the matcher model says of a compiled policy is what `decide` says of the policy", () => {
  const { pairs, found } = compareModels(20_261_122, (policies) => policies === POLICIES);
  expect(found === undefined ? "" : `# ${found.what}\n${renderCase(found)}`).toBe("");
  expect(pairs).toBeGreaterThanOrEqual(MIN_PAIRS);
});

test("law: what Kuma's filter chains do is what the documentation says with the named differences put in", () => {
  const { pairs, different, found } = compareClassic(20_261_122, (policies) => policies === POLICIES);
  expect(found === undefined ? "" : `# ${found.what}\n${renderCase(found)}`).toBe("");
  expect(pairs).toBeGreaterThanOrEqual(50_000);
  expect(different).toBeGreaterThan(enough(1_000)); // else nothing was tried
});
