import { expect, test } from "vitest";
import { isWellFormedHost, normalizeHost } from "../../src/policy/net/index.ts";

test("a host with a character whose lower case is ASCII stays ill formed", () => {
  for (const host of ["\u212Aa.test", "\u0130.test", "a.\u212A"]) {
    expect(isWellFormedHost(normalizeHost(host))).toBe(false);
    expect(normalizeHost(normalizeHost(host))).toBe(normalizeHost(host));
  }
});
