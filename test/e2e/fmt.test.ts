import { chmodSync, lstatSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sallyport } from "./command.ts";

const LOOSE = "# about\ntype:   Mesh\nname:  'default' # one\n";
const NEAT = '# about\ntype: Mesh\nname: "default" # one\n';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-fmt-"));
  writeFileSync(join(folder, "loose.yaml"), LOOSE);
  writeFileSync(join(folder, "neat.yaml"), NEAT);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fmt = (...args: string[]) => sallyport(["fmt", ...args], { cwd: folder });
const textOf = (name: string): string => readFileSync(join(folder, name), "utf8");

test("names what it changes, and changes nothing the second time", async () => {
  expect(await fmt()).toEqual({ code: 0, stdout: "loose.yaml\n", stderr: "" });
  expect(textOf("loose.yaml")).toBe(NEAT);
  expect(await fmt()).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("--check changes nothing, names the files and ends with 1", async () => {
  expect(await fmt("--check")).toEqual({ code: 1, stdout: "loose.yaml\n", stderr: "" });
  expect(textOf("loose.yaml")).toBe(LOOSE);
  expect(await fmt("--check", "-f", "neat.yaml")).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("a file with faults is left alone, the others are not", async () => {
  writeFileSync(join(folder, "bad.yaml"), "a: [1\nb: 2\n");
  const { code, stdout, stderr } = await fmt();
  expect({ code, stdout }).toEqual({ code: 1, stdout: "loose.yaml\n" });
  expect(stderr).toMatch(/^bad\.yaml:\d+:\d+: error\[E001-syntax\]/);
  expect(textOf("bad.yaml")).toBe("a: [1\nb: 2\n");
});

test("standard input to standard output", async () => {
  expect(await sallyport(["fmt", "-f", "-"], { input: LOOSE })).toEqual({ code: 0, stdout: NEAT, stderr: "" });
  expect(await sallyport(["fmt", "-f", "-", "--check"], { input: LOOSE })).toMatchObject({ code: 1 });
});

test("a file keeps its mode, a link stays a link", async () => {
  chmodSync(join(folder, "loose.yaml"), 0o640);
  symlinkSync("loose.yaml", join(folder, "link.yaml"));
  expect(await fmt("-f", "link.yaml")).toMatchObject({ code: 0 });
  expect(lstatSync(join(folder, "link.yaml")).isSymbolicLink()).toBe(true);
  expect(textOf("loose.yaml")).toBe(NEAT);
  expect(statSync(join(folder, "loose.yaml")).mode & 0o777).toBe(0o640);
});
