import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandError } from "./exit-codes.ts";
import { readTexts } from "./input.ts";
import { stylesFor, type Terminal } from "./terminal.ts";

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "sallyport-input-"));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function write(path: string, content: string | Uint8Array = path): void {
  mkdirSync(join(cwd, path, ".."), { recursive: true });
  writeFileSync(join(cwd, path), content);
}

const terminal = (stdin = ""): Terminal => ({
  out: () => undefined,
  err: () => undefined,
  outStyles: stylesFor(false),
  errStyles: stylesFor(false),
  columns: undefined,
  cwd,
  readStdin: async () => new TextEncoder().encode(stdin),
  stopSignal: () => new AbortController().signal,
});

const namesOf = async (paths?: readonly string[]): Promise<string[]> =>
  (await readTexts(paths, terminal())).map(({ file }) => file);

test("a folder gives its YAML and JSON files, sorted, without dot files, node_modules and assertions", async () => {
  for (const file of [
    "b.yaml",
    "a/z.yml",
    "a/y.json",
    "c.test.yaml",
    "d.txt",
    ".hidden.yaml",
    ".git/x.yaml",
    "node_modules/x.yaml",
  ])
    write(file);
  expect(await namesOf()).toEqual(["a/y.json", "a/z.yml", "b.yaml"]);
  expect(await namesOf(["a"])).toEqual(["a/y.json", "a/z.yml"]);
  expect(await namesOf(["./a/"])).toEqual(["a/y.json", "a/z.yml"]);
});

test("a file that is named is read whatever its name, and once", async () => {
  write("policy.txt");
  write("a/b.yaml");
  expect(await namesOf(["policy.txt", "a/b.yaml", "a", "./policy.txt"])).toEqual(["policy.txt", "a/b.yaml"]);
});

test("a link to a file counts, as in a mounted ConfigMap; a link to a folder could lead in a circle", async () => {
  write("..data/policy.yaml", "linked");
  symlinkSync("..data/policy.yaml", join(cwd, "policy.yaml"));
  symlinkSync(".", join(cwd, "circle"));
  symlinkSync("nowhere", join(cwd, "broken.yaml"));
  expect(await readTexts(["."], terminal())).toEqual([{ file: "policy.yaml", text: "linked" }]);
});

test("`-` is standard input", async () => {
  expect(await readTexts(["-"], terminal("type: Mesh"))).toEqual([{ file: "<stdin>", text: "type: Mesh" }]);
});

const refusal = async (path: string): Promise<string> => {
  const error = await readTexts([path], terminal()).catch((caught: unknown) => caught);
  return error instanceof CommandError ? `${error.code} ${error.message}` : "no CommandError";
};

test("all that cannot be read is said at once, and the rest is read for who wants it", async () => {
  write("a.yaml");
  for (const file of ["b.yaml", "c.yaml"]) write(file, Uint8Array.of(0xe9));
  const error = await readTexts(["missing", "."], terminal()).catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    code: 3,
    message:
      "cannot read `missing`: no such file or folder\ncannot read `b.yaml`: not UTF-8 text\ncannot read `c.yaml`: not UTF-8 text",
    help: undefined,
  });
  const unread: CommandError[] = [];
  const texts = await readTexts(["."], terminal(), { unread: (one) => unread.push(one) });
  expect(texts.map(({ file }) => file)).toEqual(["a.yaml"]);
  expect(unread).toMatchObject([{ help: "save the file as UTF-8" }]);
  const none = readTexts(["b.yaml"], terminal(), { unread: () => undefined });
  await expect(none).rejects.toThrow("cannot read `b.yaml`");
});

test("what cannot be read ends with 3 and says why", async () => {
  write("latin1.yaml", Uint8Array.of(0x61, 0xe9));
  write("empty/readme.md");
  expect(await refusal("missing.yaml")).toBe("3 cannot read `missing.yaml`: no such file or folder");
  expect(await refusal("latin1.yaml")).toBe("3 cannot read `latin1.yaml`: not UTF-8 text");
  expect(await refusal("empty")).toBe("3 no *.yaml, *.yml or *.json in `empty`");
});
