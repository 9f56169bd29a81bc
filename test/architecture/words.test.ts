import { expect, test } from "vitest";
import { projectFiles, readText } from "./sources.ts";

/** In parts, so that this file does not contain what it looks for. */
const word = (...parts: readonly string[]): string => parts.join("");

/**
 * What no file may contain: hosts of package registries, which differ from place to place and belong to the
 * configuration of npm, pip and apt; and paths of the machine that somebody worked on.
 */
const FORBIDDEN = [
  word("registry.", "npmjs"),
  word("registry.", "yarnpkg"),
  word("npm.", "pkg.github"),
  word("pypi.", "org"),
  word("python", "hosted"),
  word("deb.", "debian"),
  word("arti", "factory"),
  word("/work", "/main"),
  word("/work", "/shared"),
  word("/ro", "ot/"),
];

const BINARY = /\.(?:binpb|png|ico|woff2)$/;

test.each(FORBIDDEN)("no file contains %s", (forbidden) => {
  const found = projectFiles().filter((file) => !BINARY.test(file) && readText(file).includes(forbidden));
  expect(found).toEqual([]);
});
