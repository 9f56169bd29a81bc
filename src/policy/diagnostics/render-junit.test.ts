import { expect, test } from "vitest";
import { type Diagnostic, renderJunit } from "./index.ts";

const at = (file: string, line: number, severity: Diagnostic["severity"] = "error"): Diagnostic => ({
  code: severity === "error" ? "E101-port-out-of-range" : "W303-unused-list",
  severity,
  path: ["port"],
  message: 'no <port> & "more"',
  help: "write one",
  span: { file, start: { line, column: 7 }, end: { line, column: 10 } },
});
const fails = ({ severity }: Diagnostic) => severity === "error";
const render = (diagnostics: readonly Diagnostic[], ...files: readonly string[]) =>
  renderJunit(diagnostics, { name: "sallyport check", files, fails });

test("a file is a suite, a diagnostic a test; a file without one is a test that passed", () => {
  expect(
    render([at("a.yaml", 2), at("a.yaml", 3, "warning")], "a.yaml", "b.yaml"),
  ).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="sallyport check" tests="3" failures="1" errors="0">
  <testsuite name="a.yaml" tests="2" failures="1" errors="0">
    <testcase classname="a.yaml" name="E101-port-out-of-range 2:7">
      <failure type="E101-port-out-of-range" message="no &lt;port&gt; &amp; &quot;more&quot;">a.yaml:2:7: error[E101-port-out-of-range]: no &lt;port&gt; &amp; &quot;more&quot;
help: write one</failure>
    </testcase>
    <testcase classname="a.yaml" name="W303-unused-list 3:7">
      <system-out>a.yaml:3:7: warning[W303-unused-list]: no &lt;port&gt; &amp; &quot;more&quot;
help: write one</system-out>
    </testcase>
  </testsuite>
  <testsuite name="b.yaml" tests="1" failures="0" errors="0">
    <testcase classname="b.yaml" name="no faults"/>
  </testsuite>
</testsuites>
`);
});

test("what has no place is in a suite of its own", () => {
  const { span: _, help: __, ...bare } = at("a.yaml", 1);
  expect(render([bare])).toContain('<testcase classname="input" name="E101-port-out-of-range port">');
  expect(render([bare])).toContain(">port: error[E101-port-out-of-range]: no ");
});

test("characters that XML has not are replaced", () => {
  expect(render([{ ...at("a.yaml", 1), message: "a\u0000b\u001b\ufffe\ud800\u{1f600}" }])).toContain(
    "a\ufffdb\ufffd\ufffd\ufffd\u{1f600}",
  );
});
