/** The tables of docs/reference/envoy-scale.md, made of bench/results.json: no figure there is written by hand. */
import type { Measured } from "../run.ts";

/** What bench/results.json says, as far as the page needs it. */
export interface Results {
  readonly machine: {
    readonly cpus: number;
    readonly model?: string;
    readonly kernel: string;
    readonly node: string;
  };
  readonly "envoy-scale": readonly Measured[];
}

/** Columns of the table by size: a heading, and how the question goes on after the number of rules. */
const BY_SIZE = [
  ["bytes", "bytes of Envoy's configuration"],
  ["memory of Envoy", "memory of Envoy beyond an empty one"],
  ["first load", "first load, push to ACK"],
  ["a `tls` rule changed", "one tls rule changed, push to ACK"],
  ["an `http` rule changed", "one http rule changed, push to ACK"],
  ["a `tcp` rule changed", "one tcp rule changed, push to ACK"],
] as const;

/** The page with what stands between `<!-- NAME -->` and `<!-- end -->` made anew. */
export function withResults(page: string, results: Results): string {
  const measured = results["envoy-scale"];
  const { cpus, model, kernel, node } = results.machine;
  const isBySize = ({ question }: Measured) => BY_SIZE.some(([, rest]) => question.endsWith(` rules: ${rest}`));
  const parts: Readonly<Record<string, string>> = {
    "by size": bySize(measured),
    promised: table(measured.filter(({ limit }) => limit !== undefined)),
    seen: table(measured.filter((one) => one.limit === undefined && !isBySize(one))),
    machine: `${cpus} cores${model === undefined ? "" : ` (${model})`}, Linux ${kernel}, Node ${node}.`,
  };
  return page.replaceAll(
    /<!-- (by size|promised|seen|machine) -->[\s\S]*?<!-- end -->/g,
    (_, name: string) => `<!-- ${name} -->\n${parts[name] ?? ""}\n<!-- end -->`,
  );
}

function bySize(measured: readonly Measured[]): string {
  const sizes = measured.flatMap(
    ({ question }) => question.match(/^([\d,]+) rules: bytes of Envoy's configuration$/)?.[1] ?? [],
  );
  const lines = sizes.map((size) => {
    const cells = BY_SIZE.map(([, rest]) => {
      const one = measured.find(({ question }) => question === `${size} rules: ${rest}`);
      return one === undefined ? "" : fraction(one.ratio);
    });
    return row([size, ...cells]);
  });
  return [row(["rules", ...BY_SIZE.map(([heading]) => heading)]), row(["--:", ...BY_SIZE.map(() => "--:")])]
    .concat(lines)
    .join("\n");
}

function table(measured: readonly Measured[]): string {
  const lines = measured.map(({ question, ours, against, ratio, limit }) =>
    row([question, ours, against, fraction(ratio), ...(limit === undefined ? [] : [atMost(ratio, limit)])]),
  );
  const hasLimits = measured.some(({ limit }) => limit !== undefined);
  const headings = ["what", "ours", "against", "ratio", ...(hasLimits ? ["at most"] : [])];
  return [row(headings), row(headings.map((_, i) => (i < 3 ? "---" : "--:")))].concat(lines).join("\n");
}

const atMost = (ratio: number, limit: number): string => `${fraction(limit)}${ratio > limit ? ", **missed**" : ""}`;

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** Below one half as a fraction, which is how such a ratio is said. */
function fraction(ratio: number): string {
  if (ratio === 0) return "0";
  if (ratio >= 0.5) return `${Number(ratio.toPrecision(3))}`;
  return `1/${Number((1 / ratio).toPrecision(3))}`;
}
