import { expect, test } from "vitest";
import { formatText } from "../../src/policy/text/index.ts";

test("an anchor that can be read and not be written is refused", () => {
  expect(formatText("a.yaml", "&\u0011 a").ok).toBe(false);
});

test("YAML that becomes JSON is laid out as JSON at once", () => {
  const once = formatText("a.yaml", '["\n",]');
  expect(once).toEqual({ ok: true, text: '[\n  " "\n]\n' });
  expect(formatText("a.yaml", once.ok ? once.text : "")).toEqual(once);
});
