import { expect, test } from "vitest";
import { projectFiles, readText } from "./sources.ts";

const page = readText("test/laws/README.md");
const tests = projectFiles()
  .filter((file) => file.endsWith(".test.ts"))
  .map(readText)
  .join("\n");

test("test/laws/README.md names tests that exist", () => {
  const titles = [...page.matchAll(/``(law: .+?)``|`(law: [^`]+)`/g)].map(
    ([, double, single]) => double ?? single ?? "",
  );
  expect(titles.length).toBeGreaterThan(35);
  expect(titles.filter((title) => !tests.includes(`"${title}`) && !tests.includes(`\`${title}`))).toEqual([]);
});

test("test/laws/README.md has a row for each law of the meaning", () => {
  const numbers = [...page.matchAll(/^\| (\d+) \| /gm)].map(([, number]) => Number(number));
  expect(numbers).toEqual(Array.from({ length: 10 }, (_, i) => i + 1));
});
