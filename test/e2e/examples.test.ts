import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Checked, check } from "../../src/policy/check/index.ts";
import { decide } from "../../src/policy/decide/index.ts";
import {
  addressed,
  type Connection,
  formatConnection,
  formatPolicyRef,
  type Reason,
} from "../../src/policy/model/index.ts";
import { renderVerdict } from "../../src/policy/why/index.ts";
import { ROOT } from "./command.ts";

const EXAMPLES = join(ROOT, "examples");

/** Every folder below examples/ that holds resources, relative to it. */
function foldersBelow(folder: string): string[] {
  const entries = readdirSync(join(EXAMPLES, folder), { withFileTypes: true });
  const below = entries.filter((e) => e.isDirectory()).flatMap((e) => foldersBelow(join(folder, e.name)));
  return entries.some((e) => e.name.endsWith(".yaml")) ? [folder, ...below] : below;
}

function checkFolder(folder: string): Checked {
  const files = readdirSync(join(EXAMPLES, folder)).filter((name) => name.endsWith(".yaml"));
  return check(files.sort().map((file) => ({ file, text: readFileSync(join(EXAMPLES, folder, file), "utf8") })));
}

describe.each(foldersBelow(""))("examples/%s", (folder) => {
  const { diagnostics, suites } = checkFolder(folder);

  test("has nothing to find fault with, and a test of its own", () => {
    expect(diagnostics).toEqual([]);
    expect(suites.length).toBeGreaterThan(0);
  });

  const cases = suites.flatMap(({ suite, proxy }) => suite.cases.map((one) => ({ one, proxy })));
  test.each(cases)("line $one.line", ({ one, proxy }) => {
    const verdict = decide(proxy.effective, withAddress(addressed(one.connection)));
    expect(verdict.kind, renderVerdict(verdict).join("\n")).toBe(one.want);
    if (one.because !== undefined) expect(verdict.reasons.map(refOf)).toContain(one.because);
  });
});

describe("the quickstart in Universal and in Kubernetes form", () => {
  const [universal, kubernetes] = ["universal", "kubernetes"].map((form) => checkFolder(join("quickstart", form)));

  test("enforces the same", () => {
    expect(meaningOf(universal)).toHaveLength(1);
    expect(meaningOf(kubernetes)).toEqual(meaningOf(universal));
  });

  test("tries the same connections, with the same verdicts and answers", () => {
    expect(triesOf(universal).length).toBeGreaterThanOrEqual(16);
    expect(triesOf(kubernetes)).toEqual(triesOf(universal));
  });
});

/** Of every proxy: the mode, and the rules as written, in their order; without the names of policies. */
const meaningOf = (checked: Checked | undefined): object[] =>
  (checked?.proxies ?? []).map(({ effective: { enforced, mode, rules } }) => ({
    enforced,
    mode: mode.value,
    rules: rules.map(({ value }) => value.written),
  }));

function triesOf(checked: Checked | undefined): object[] {
  return (checked?.suites ?? []).flatMap(({ suite, proxy }) =>
    suite.cases.map(({ connection, want, answer, send }) => {
      const { kind } = decide(proxy.effective, withAddress(addressed(connection)));
      return { connection: formatConnection(connection), verdict: kind, want, answer, send };
    }),
  );
}

function withAddress(connection: Connection | undefined): Connection {
  if (connection === undefined) throw new Error("a connection of an example says where it goes: add `@address`");
  return connection;
}

/** As `because` names a reason. */
function refOf(reason: Reason): string | undefined {
  if (reason.kind === "rule") return formatPolicyRef(reason.source);
  return reason.kind === "mode" && typeof reason.source !== "string" ? formatPolicyRef(reason.source) : undefined;
}
