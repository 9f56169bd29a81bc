/**
 * What `check` of 10,000 policies costs, 100,000 rules in all: time and memory against the `yaml` library alone on the same
 * texts (see `check-program.ts`), each in a process of its own, in turns. Limits: 1.3 times the time, 1.5 times the memory.
 * The limit on time is on that of the processors: other work on the machine does not change it much.
 *   npm run bench -- check [--policies N]     N: default 10,000
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "./cli-start.ts";
import { mixedRule } from "./rule-mix.ts";
import type { Measured } from "./run.ts";

const ROUNDS = 5;
const RULES = 10;
const TIME_LIMIT = 1.3;
const MEMORY_LIMIT = 1.5;

interface Cost {
  readonly documents: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakKiB: number;
}

export async function run(args: readonly string[]): Promise<readonly Measured[]> {
  const policies = policiesOf(args);
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  try {
    const texts = ["type: Mesh\nname: default\n", ...Array.from({ length: policies }, (_, n) => policy(n))];
    const [one, many] = [join(folder, "one"), join(folder, "many")];
    mkdirSync(one);
    mkdirSync(many);
    writeFileSync(join(one, "all.yaml"), texts.join("---\n"));
    for (const [n, text] of texts.entries()) writeFileSync(join(many, `${String(n).padStart(6, "0")}.yaml`), text);
    return [
      ...measure(one, `check of ${policies} policies with ${RULES} rules each, in one file`, texts.length),
      ...measure(many, "the same, each in a file of its own", texts.length),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function measure(folder: string, what: string, documents: number): Measured[] {
  const costs = { ours: [] as Cost[], yaml: [] as Cost[] };
  for (let i = 0; i < ROUNDS; i++)
    for (const who of ["yaml", "ours"] as const) costs[who].push(measureOnce(who, folder, documents));
  const answer = (name: string, of: (cost: Cost) => number, unit: string, limit?: number): Measured => {
    const [ours, yaml] = [median(costs.ours.map(of)), median(costs.yaml.map(of))];
    const ratios = costs.ours.map((cost, i) => of(cost) / of(costs.yaml[i] ?? cost));
    return {
      question: `${what}: ${name}`,
      ours: `${ours.toFixed(0)} ${unit}`,
      against: `yaml's parseAllDocuments alone, ${yaml.toFixed(0)} ${unit} (medians of ${ROUNDS}, in turns)`,
      ratio: median(ratios),
      ...(limit === undefined ? {} : { limit }),
    };
  };
  return [
    answer("processor time", ({ cpuMs }) => cpuMs, "ms", TIME_LIMIT),
    answer("time on the clock", ({ wallMs }) => wallMs, "ms"),
    answer("memory of the process at its peak", ({ peakKiB }) => peakKiB / 1024, "MiB", MEMORY_LIMIT),
  ];
}

function measureOnce(who: "ours" | "yaml", folder: string, documents: number): Cost {
  const program = join(import.meta.dirname, "check-program.ts");
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, who, folder]);
  if (status !== 0) throw new Error(`${who} ended with ${status}: ${stderr}`);
  const cost: Cost = JSON.parse(stdout.toString());
  if (cost.documents !== documents) throw new Error(`${who} read ${cost.documents} of ${documents} documents`);
  return cost;
}

function policy(n: number): string {
  const rules = Array.from({ length: RULES }, (_, i) => {
    const { type, value, port, protocol } = mixedRule(n * RULES + i);
    return `      - type: ${type}\n        value: "${value}"\n        port: ${port}\n        protocol: ${protocol}\n`;
  });
  return `type: MeshPassthrough
mesh: default
name: policy-${n}
spec:
  targetRef:
    kind: MeshSubset
    tags:
      kuma.io/service: service-${n % 500}
  default:
    passthroughMode: Matched
    appendMatch:
${rules.join("")}`;
}

function policiesOf(args: readonly string[]): number {
  const at = args.indexOf("--policies");
  if (at < 0) return 10_000;
  const policies = Number(args[at + 1]);
  if (!Number.isInteger(policies) || policies < 10 || policies > 100_000)
    throw new Error("`--policies` takes a whole number from 10 to 100,000");
  return policies;
}
