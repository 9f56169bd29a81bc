// Writes the pages of docs/reference/ that come from the code: `npm run docs`. A test compares them with it.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withResults } from "../bench/envoy-scale/page.ts";
import { renderCliReference } from "../src/cli/reference.ts";
import { renderResourceReference } from "../src/cli/resource-reference.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
writeFileSync(join(root, "docs", "reference", "cli.md"), renderCliReference());
writeFileSync(join(root, "docs", "reference", "resources.md"), renderResourceReference());
const scale = join(root, "docs", "reference", "envoy-scale.md");
const results = JSON.parse(readFileSync(join(root, "bench", "results.json"), "utf8"));
writeFileSync(scale, withResults(readFileSync(scale, "utf8"), results));
