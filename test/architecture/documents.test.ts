import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { expect, test } from "vitest";
import { projectFiles, ROOT, readText } from "./sources.ts";

const files = projectFiles();
const documents = files.filter((file) => file.endsWith(".md"));

/** Folders that hold files of their own, to the depth at which ARCHITECTURE.md names them. */
function foldersToName(): string[] {
  const folders = files
    .map((file) => posix.dirname(file))
    .flatMap((folder) => {
      const parts = folder.split("/");
      const depth = parts[0] === "src" && GROUPS.includes(parts[1] ?? "") ? 3 : DEEP.includes(parts[0] ?? "") ? 2 : 1;
      return parts.length >= depth || parts[0] === "src" ? [parts.slice(0, depth).join("/")] : [];
    });
  return [...new Set(folders)].filter((f) => f !== "." && !f.startsWith(".") && !DEEP.includes(f)).sort();
}
/** Folders of src/ whose subfolders are units. */
const GROUPS = ["policy", "compile", "control-plane", "data-plane"];
/** Folders whose subfolders are named one by one. */
const DEEP = ["src", "test", "docs"];

test("ARCHITECTURE.md names every folder, and none that does not exist", () => {
  const named = [...readText("ARCHITECTURE.md").matchAll(/^\| `([^`]+)\/` \|/gm)].map((match) => match[1] ?? "");
  expect(named.toSorted()).toEqual([...new Set(named)].sort());
  expect(named.toSorted()).toEqual(foldersToName());
});

test.each(documents)("%s: every link leads somewhere", (document) => {
  const text = withoutCode(readText(document));
  const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? "")
    .filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? document : posix.join(posix.dirname(document), path);
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });
  expect(broken).toEqual([]);
});

test.each(documents)("%s: every path in backticks exists", (document) => {
  const tops = new Set(
    files.map((file) => file.split("/")[0] ?? "").filter((top) => files.some((f) => f.startsWith(`${top}/`))),
  );
  const paths = [...withoutCode(readText(document)).matchAll(/`([\w.@-]+\/[\w./@-]*)`/g)].map(
    (match) => match[1] ?? "",
  );
  const broken = paths.filter((path) => tops.has(path.split("/")[0] ?? "") && !existsSync(join(ROOT, path)));
  expect(broken).toEqual([]);
});

/** What is in a fenced block is an example, not a reference. */
const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, "");

/** The names that headings have as link targets. */
const anchorsOf = (document: string): string[] =>
  [...withoutCode(readText(document)).matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] ?? "")
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
