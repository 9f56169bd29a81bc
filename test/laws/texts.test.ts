import { expect, test } from "vitest";
import { runParsing } from "../../bench/fuzz/parsing.ts";
import { seedTexts } from "../../bench/fuzz/parsing-inputs.ts";
import { enough } from "./enough.ts";

// More of it in test/engines/fuzz-texts.test.ts, and as `npm run fuzz -- --texts`.
test("law: parsing never throws, whatever the text", () => {
  const { found, sound } = runParsing(20_261_122, seedTexts(), (inputs) => inputs >= 10_000);
  expect(found).toBeUndefined();
  expect(sound).toBeGreaterThan(enough(50));
});
