import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runConformance } from "../fixtures/conformance.ts";
import { ROOT, run } from "./command.ts";

const FIXTURES = process.env.SALLYPORT_FIXTURES ?? "";
if (FIXTURES === "") process.stdout.write("others' data: not run, SALLYPORT_FIXTURES names no folder\n");

const conformance = (...args: string[]) => run(process.execPath, [join(ROOT, "test", "fixtures", "run.ts"), ...args]);

/** Groups of which every case that is about this policy passes. */
const WHOLE = [
  "dataplane-validation",
  "meshpassthrough-validation",
  "meta-validation",
  "policy-matching",
  "policy-rules",
  "resource-format",
  "schema",
  "targetref-validation",
];

describe.skipIf(FIXTURES === "")("others' data", () => {
  const reports = FIXTURES === "" ? [] : runConformance(FIXTURES);

  test.each(WHOLE)("%s: all cases pass that apply", (group) => {
    const own = reports.filter((report) => report.group === group);
    expect(own.filter(({ kind }) => kind === "passed").length).toBeGreaterThan(0);
    expect(own.filter(({ kind }) => kind !== "passed" && kind !== "not applicable")).toEqual([]);
  });

  test("labels: roles and computed labels of our types", () => {
    const own = reports.filter(({ id }) => /^labels\/(?:role|compute|mesh)/.test(id));
    expect(own.filter(({ kind }) => kind === "passed").length).toBeGreaterThan(5);
    expect(own.filter(({ kind }) => kind !== "passed" && kind !== "not applicable")).toEqual([]);
  });

  test("the command ends with 0 and counts each group", async () => {
    const { code, stdout } = await conformance(FIXTURES);
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/^meshpassthrough-validation: \d+ passed$/m);
    expect(stdout).toMatch(/^policy-matching: \d+ passed, \d+ not applicable$/m);
  });
});

describe("the runner", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sallyport-conformance-"));
    mkdirSync(join(folder, "targetref-validation"));
    const wrong = { input: { supportedKinds: ["Mesh"], targetRef: {} }, expect: { valid: true, violations: [] } };
    const right = {
      input: wrong.input,
      expect: { valid: false, violations: [{ field: "targetRef.kind", message: "must be defined" }] },
    };
    for (const [name, content] of Object.entries({ wrong, right }))
      writeFileSync(join(folder, "targetref-validation", `${name}.yaml`), JSON.stringify(content));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("a case that fails ends it with 1, and is named with what came and what was wanted", async () => {
    const { code, stdout } = await conformance(folder);
    expect(code).toBe(1);
    expect(stdout).toContain("targetref-validation: 1 passed, 1 failed\n");
    expect(stdout).toContain("failed: targetref-validation/wrong: violations: got [{");
  });

  test("a named gap may fail; one that passes is an error", () => {
    const kinds = (gaps: Record<string, string>) =>
      Object.fromEntries(runConformance(folder, gaps).map(({ id, kind }) => [id.split("/")[1], kind]));
    expect(kinds({ "targetref-validation/wrong": "on purpose" })).toEqual({ wrong: "gap", right: "passed" });
    expect(kinds({ "targetref-validation/right": "on purpose" })).toEqual({ wrong: "failed", right: "closed gap" });
  });

  test("a case that cannot be run fails, it does not end the run", async () => {
    cpSync(join(folder, "targetref-validation"), join(folder, "schema"), { recursive: true });
    writeFileSync(join(folder, "schema", "odd.yaml"), "input: {}\nexpect: {}\n");
    mkdirSync(join(folder, "policy-rules"));
    writeFileSync(join(folder, "policy-rules", "odd.yaml"), "input: {confs: [3]}\nexpect: {}\n");
    const { code, stdout } = await conformance(folder, "-o", "json");
    expect(code).toBe(1);
    const odd = JSON.parse(stdout).filter(({ id }: { id: string }) => id.endsWith("/odd"));
    expect(odd.map(({ kind }: { kind: string }) => kind)).toEqual(["failed", "failed"]);
  });

  test("a folder without cases, or that is not there, is no success", async () => {
    const empty = mkdtempSync(join(tmpdir(), "sallyport-conformance-"));
    expect(await conformance(empty)).toMatchObject({ code: 3, stderr: `error: no cases below \`${empty}\`\n` });
    rmSync(empty, { recursive: true });
    expect(await conformance(empty)).toMatchObject({ code: 3, stderr: `error: cannot read \`${empty}\`\n` });
    expect(await conformance()).toMatchObject({ code: 2 });
  });
});
