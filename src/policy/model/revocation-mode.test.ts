import { expect, test } from "vitest";
import { formatRevocation, parseRevocation, strictest } from "./revocation-mode.ts";

test.each([
  ["cut", "cut"],
  ["keep", "keep"],
  ["drain 30s", "drain 30s"],
  ["drain-5m", "drain 300s"],
  ["drain 24h", "drain 86400s"],
])("`%s` is %s", (text, printed) => {
  const mode = parseRevocation(text);
  expect(mode && formatRevocation(mode)).toBe(printed);
  expect(parseRevocation(printed)).toEqual(mode);
});

test.each(["", "Cut", "drain", "drain 0s", "drain 30", "drain 25h", "drain  30s", "drain 1.5m", "drain -1s", "keep "])(
  "`%s` is none",
  (text) => {
    expect(parseRevocation(text)).toBeUndefined();
  },
);

test("the strictest leaves the least time", () => {
  const of = (...texts: string[]) => {
    const found = strictest(texts.map((text) => parseRevocation(text) ?? { kind: "cut" }));
    return found && formatRevocation(found);
  };
  expect(of()).toBeUndefined();
  expect(of("keep", "drain 10s", "drain 1m")).toBe("drain 10s");
  expect(of("keep", "cut", "drain 10s")).toBe("cut");
  expect(of("keep", "keep")).toBe("keep");
});
