/** An Envoy that was built, or started, without a part that some rules need. */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What tells server names apart. */
export const SERVER_NAMES = "envoy.matching.network.custom_matchers/envoy.matching.custom_matchers.domain_matcher";

/** An Envoy without this extension, as somebody builds it who wants as little in it as can be. `folder` is for all users. */
export function without(extension: string, binary: string, folder: string): string {
  const program = join(folder, extension.replaceAll(/[^a-z]/g, "-"));
  // copied: Envoy's user has no way into the folder of another user
  copyFileSync(binary, `${program}-envoy`);
  const text = `#!/bin/bash\nexec -a envoy ${program}-envoy --disable-extensions ${extension} "$@"\n`;
  writeFileSync(program, text, { mode: 0o755 });
  return program;
}
