/** What the library says of worlds and connections: run by Node and by a browser, which must agree. */
import {
  addressed,
  check,
  decide,
  parseConnection,
  renderText,
  renderVerdict,
  renderWhy,
  why,
} from "../../src/index.ts";

/** Resources with one proxy of interest, and connections as text. */
export interface World {
  readonly file: string;
  readonly text: string;
  readonly proxy: { readonly mesh: string; readonly name: string };
  readonly connections: readonly string[];
}

/** All that is said of a world, as text. */
export interface Answers {
  readonly diagnostics: string;
  /** One for each connection: the verdict, and its reasons. */
  readonly verdicts: readonly { readonly kind: string; readonly lines: readonly string[] }[];
}

export const answers = (worlds: readonly World[]): Answers[] => worlds.map(answer);

function answer({ file, text, proxy, connections }: World): Answers {
  const { diagnostics, proxies } = check([{ file, text }]);
  const found = proxies.find(({ dataplane: { meta } }) => meta.mesh === proxy.mesh && meta.name === proxy.name);
  if (found === undefined) throw new Error(`${file}: there is no ${proxy.mesh}/${proxy.name}`);
  const verdicts = connections.map((written) => {
    const connection = parseConnection(written);
    if (!connection.ok) return { kind: connection.reason, lines: [connection.help ?? ""] };
    const known = addressed(connection.value);
    const answer = why(found.effective, connection.value);
    const lines = renderWhy(connection.value, answer);
    if (known === undefined) return { kind: answer.verdict, lines };
    const verdict = decide(found.effective, known);
    return { kind: verdict.kind, lines: [...renderVerdict(verdict), ...lines] };
  });
  return { diagnostics: renderText(diagnostics, new Map([[file, text]])), verdicts };
}
