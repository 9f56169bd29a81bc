import type { Checked } from "../policy/check/index.ts";

/** `-o kuma-json`: Kuma's verdict on each document, its violations in its order and its words. */
export function renderKumaFindings({ kuma = [] }: Checked): string {
  const documents = kuma.map(({ file, line, resource, verdict: { valid, ...found } }) => ({
    file,
    line,
    resource,
    valid,
    ...found,
  }));
  return `${JSON.stringify(documents, undefined, 2)}\n`;
}
