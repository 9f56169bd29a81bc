import { describe, expect, test } from "vitest";
import { decide } from "../../src/policy/decide/index.ts";
import { addressed, formatPolicyRef, type Reason } from "../../src/policy/model/index.ts";
import { renderVerdict } from "../../src/policy/why/index.ts";
import { CASES_FOLDER, loadCases, titleOf } from "./cases.ts";

const { files, diagnostics } = loadCases();
const MIN_CASES = 200;

test(`there are at least ${MIN_CASES} cases, and their files have no error`, () => {
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(
    files.reduce((sum, { cases }) => sum + cases.length, 0),
    CASES_FOLDER,
  ).toBeGreaterThanOrEqual(MIN_CASES);
});

test("no two cases of a file say the same", () => {
  const twice = files.flatMap((file) => {
    const keys = file.cases.map((one) =>
      JSON.stringify([one.connection, one.send], (_, v) => (typeof v === "bigint" ? `${v}` : v)),
    );
    return file.cases.filter((_, i) => keys.indexOf(keys[i] ?? "") !== i).map((one) => titleOf(file, one));
  });
  expect(twice).toEqual([]);
});

describe("decide", () => {
  for (const file of files)
    test.each(file.cases.map((one) => ({ one, title: titleOf(file, one) })))("$title", ({ one }) => {
      const connection = addressed(one.connection);
      if (connection === undefined)
        throw new Error("a case needs an address: engines with traffic must send it somewhere");
      const verdict = decide(file.proxy.effective, connection);
      expect(verdict.kind, renderVerdict(verdict).join("\n")).toBe(one.want);
      if (one.because !== undefined) expect(verdict.reasons.map(refOf)).toContain(one.because);
    });
});

/** As `because` names a reason. */
function refOf(reason: Reason): string | undefined {
  if (reason.kind === "rule") return formatPolicyRef(reason.source);
  if (reason.kind !== "mode") return undefined;
  return typeof reason.source === "string" ? reason.source : formatPolicyRef(reason.source);
}
