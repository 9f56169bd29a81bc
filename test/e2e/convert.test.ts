import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { check } from "../../src/policy/check/index.ts";
import { ROOT, sallyport } from "./command.ts";

const example = (form: string): string => join(ROOT, "examples", "quickstart", form);

/** What each policy and proxy of a set of texts means, whatever the form. */
function meaning(text: string): unknown {
  const { proxies, resources, diagnostics } = check([{ file: "a.yaml", text }]);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(resources.length).toBeGreaterThan(5);
  return proxies.map(({ effective: { mode, rules, enforced }, policies }) => ({
    enforced,
    mode: mode.value,
    rules: rules.map(({ value }) => value.written),
    selected: policies.filter(({ selection }) => selection.selected).length,
  }));
}

test("the quickstart's files, converted, mean what they meant, in both directions", async () => {
  for (const [from, to] of [
    ["universal", "kubernetes"],
    ["kubernetes", "universal"],
  ] as const) {
    const { code, stdout, stderr } = await sallyport(["convert", "--to", to, "-f", example(from)]);
    expect(code).toBe(0);
    // The Dataplane of the example has a namespace, which Universal form has not.
    expect(stderr.split("\n").length - 1).toBe(to === "universal" ? 1 : 0);
    const written = readdirSync(example(from))
      .filter((name) => /(?<!\.test)\.yaml$/.test(name))
      .map((name) => readFileSync(join(example(from), name), "utf8"))
      .join("---\n");
    if (to === "kubernetes") expect(meaning(stdout)).toEqual(meaning(written));
    const back = await sallyport(["convert", "--to", from, "-f", "-"], { input: stdout });
    expect(meaning(back.stdout)).toEqual(meaning(written));
  }
});

test("what one form lacks is named on standard error; the rest is printed", async () => {
  const input = `apiVersion: kuma.io/v1alpha1
kind: Mesh
metadata:
  name: default
  annotations:
    owner: team-a
`;
  expect(await sallyport(["convert", "--to", "universal", "-f", "-"], { input })).toEqual({
    code: 0,
    stdout: "type: Mesh\nname: default\n",
    stderr: "<stdin>:6:5: left out: `metadata.annotations.owner` exists in the other form only\n",
  });
});

test("a text with an error: nothing is printed, so that no half of it is applied", async () => {
  const good = "type: Mesh\nname: default\n";
  const input = `${good}---\ntype: MeshPassthrough\nname: a\nspec: {}\n`;
  const { code, stdout, stderr } = await sallyport(["convert", "--to", "kubernetes", "-f", "-"], { input });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("<stdin>:4:1: error[E102-missing-field]: `mesh` is missing");
});

test("the form must be named", async () => {
  expect(await sallyport(["convert", "-f", example("universal")])).toMatchObject({ code: 2, stdout: "" });
});
