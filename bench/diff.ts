/** What comparing two sets of 10,000 rules that differ in 10 costs: the comparison alone, and the whole command. Limit: 1 s. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run as runCommand, type Terminal } from "../src/cli/index.ts";
import { check } from "../src/policy/check/index.ts";
import { diff } from "../src/policy/diff/index.ts";
import type { EffectivePolicy } from "../src/policy/model/index.ts";
import { median } from "./cli-start.ts";
import type { Measured } from "./run.ts";

const RULES = 10_000;
const CHANGED = 10;
const LIMIT_MS = 1000;
const ROUNDS = 5;

type Line = readonly [type: string, value: string, protocol: string, port?: number | undefined];

/** Names, wildcards, addresses and blocks on a thousand ports, a tenth of the rules without a port. */
function mixed(n: number): Line {
  const port = n % 10 === 9 ? undefined : n % 3 === 0 ? 443 : 1000 + (n % 1000);
  const quad = `${10 + (n % 7)}.${(n >> 12) & 255}.${(n >> 4) & 255}.${(n % 16) * 16}`;
  if (n % 4 === 0) return ["Domain", `h${n}.s${n % 97}.example.com`, "tls", port];
  if (n % 4 === 1) return ["Domain", `*.t${n}.example.org`, "http", port ?? 80]; // a wildcard for HTTP needs a port
  return n % 4 === 2 ? ["IP", quad, "tcp", port] : ["CIDR", `${quad}/28`, "tls", port];
}

/** The worst for whoever works port by port: as many rules for every port as there are ports. */
const crossed = (n: number): Line =>
  n % 2 === 0
    ? ["IP", `172.16.${(n >> 8) & 255}.${n & 255}`, "tls"]
    : ["IP", `172.24.${(n >> 8) & 255}.${n & 255}`, "tcp", 1 + (n >> 1)];

const DATAPLANE = `type: Dataplane
mesh: default
name: web-1
networking:
  address: 10.0.0.1
  inbound: [{ port: 80, tags: { kuma.io/service: web } }]
  transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound: 15001 }
`;

function text(line: (n: number) => Line, from: number): string {
  const rules = Array.from({ length: RULES }, (_, i) => line(from + i)).map(
    ([type, value, protocol, port]) =>
      `    - { type: ${type}, value: "${value}", protocol: ${protocol}${port === undefined ? "" : `, port: ${port}`} }\n`,
  );
  return `type: MeshPassthrough\nmesh: default\nname: many\nspec:\n  default:\n    passthroughMode: Matched\n    appendMatch:\n${rules.join("")}`;
}

export async function run(): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  for (const [name, line] of [
    ["mixed rules", mixed],
    ["rules of all ports beside rules of 5,000 ports", crossed],
  ] as const) {
    const [before, after] = [effective(text(line, 0)), effective(text(line, CHANGED))];
    const times = Array.from({ length: ROUNDS }, () => time(() => diff(before, after)));
    const { allowed, denied } = diff(before, after);
    measured.push(
      answer(`diff of ${RULES} ${name}, ${CHANGED} replaced (${allowed.length + denied.length} classes)`, times),
    );
  }
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  try {
    writeFileSync(join(folder, "dataplane.yaml"), DATAPLANE);
    writeFileSync(join(folder, "old.yaml"), text(mixed, 0));
    writeFileSync(join(folder, "new.yaml"), text(mixed, CHANGED));
    const times: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const start = performance.now();
      const code = await runCommand(["diff", "old.yaml", "new.yaml", "-f", "dataplane.yaml"], silent(folder));
      times.push(performance.now() - start);
      if (code !== 1) throw new Error(`diff ended with ${code}`);
    }
    const reading = answer("the same by `sallyport diff`, reading the files included", times);
    measured.push({ question: reading.question, ours: reading.ours, against: reading.against, ratio: reading.ratio });
  } finally {
    rmSync(folder, { recursive: true });
  }
  return measured;
}

function effective(policy: string): EffectivePolicy {
  const { proxies, diagnostics } = check([
    { file: "dataplane.yaml", text: DATAPLANE },
    { file: "policy.yaml", text: policy },
  ]);
  const error = diagnostics.find(({ severity }) => severity === "error");
  const [proxy] = proxies;
  if (error !== undefined || proxy === undefined) throw new Error(error?.message ?? "no proxy");
  return proxy.effective;
}

function answer(question: string, times: readonly number[]): Measured {
  const ms = median(times);
  return { question, ours: `${ms.toFixed(0)} ms`, against: `${LIMIT_MS} ms promised`, ratio: ms / LIMIT_MS, limit: 1 };
}

function time(action: () => unknown): number {
  const start = performance.now();
  action();
  return performance.now() - start;
}

const same = (value: string): string => value;
const PLAIN = { strong: same, faint: same, good: same, bad: same, warn: same, place: same };
const silent = (cwd: string): Terminal => ({
  out: () => undefined,
  err: () => undefined,
  outStyles: PLAIN,
  errStyles: PLAIN,
  columns: undefined,
  cwd,
  readStdin: async () => new Uint8Array(),
  stopSignal: () => new AbortController().signal,
});
