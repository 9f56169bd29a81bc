/**
 * What Envoy's log costs with 10,000 rules in force. The agent's CPU of reading, attributing, counting and reporting a made
 * record, against what is promised at 4,000 connections a second, which is two records each: a tenth of a core. Then the
 * same with real connections through a real Envoy, and what writing the log costs those.
 */
import { appendFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { LOG_LINES, LOG_SEPARATOR } from "../src/compile/envoy/index.ts";
import { compilePolicy, openJournal } from "../src/data-plane/agent/index.ts";
import { findEnvoy } from "../src/data-plane/envoy/index.ts";
import { ledger } from "../src/data-plane/hits/index.ts";
import { followLog, lineSink, openConnections } from "../src/data-plane/report/index.ts";
import { reporter } from "../src/data-plane/reporter.ts";
import { logCosts } from "./envoy-scale/log-costs.ts";
import { policyOfMix, proxyPolicy } from "./envoy-scale/rules.ts";
import { median } from "./envoy-scale/statistics.ts";
import type { Measured } from "./run.ts";

const CONNECTIONS = 40_000;
const ROUNDS = 5;
const RULES = 10_000;
const PER_SECOND = 4_000;
const RECORDS_EACH = 2;
/** Of one core. */
const SHARE = 0.1;
const LIMIT_US = (SHARE * 1e6) / (PER_SECOND * RECORDS_EACH);

type Tags = Readonly<Record<string, string>>;
const line = (place: keyof typeof LOG_LINES, tags: Tags): string =>
  `${LOG_LINES[place].map((field) => tags[field] ?? "-").join(LOG_SEPARATOR)}\n`;

/** Both records of one connection; every tenth name is denied, of a hundred different ones. */
function records(i: number, names: readonly string[]): string {
  const common = {
    start: `${Date.now()}`,
    peer: `10.0.${(i >> 8) & 255}.${i & 255}:${1_024 + (i % 60_000)}`,
    own: "127.0.0.1:15001",
    dst: `203.0.113.${i % 200}:443`,
  };
  if (i % 10 === 0)
    return line("connection", { ...common, type: "NotSet", sni: `evil${i % 1_000}.test`, flags: "NR", ms: "1" });
  const sni = names[i % names.length] ?? "a.test";
  const ended = { ...common, type: "NotSet", sni, chain: "pass-1", via: "10.0.0.1:40000", ms: "3" };
  return line("tcp", { ...common, type: "TcpUpstreamConnected", sni }) + line("connection", ended);
}

/** CPU of one record, µs, and whether all of them were counted. */
function once(folder: string): { readonly us: number; readonly bareUs: number } {
  const policy = policyOfMix(RULES);
  const names = policy.rules.flatMap(({ value: { match, protocol, port } }) =>
    match.type === "Domain" && match.pattern.kind === "exact" && protocol === "tls" && (port ?? 443) === 443
      ? [match.pattern.name]
      : [],
  );
  const path = join(folder, "access.log");
  rmSync(path, { force: true });
  let text = "";
  for (let i = 0; i < CONNECTIONS; i++) text += records(i, names);
  appendFileSync(path, text);
  const count = text.split("\n").length - 1;
  const counts = ledger(undefined, Date.now());
  const host = { identity: { kind: "uid", uid: 5_678 }, resolvers: [], ipv6: true, rawPort: 15_003 } as const;
  const inForce = { compiled: compilePolicy(proxyPolicy(policy), host, []), bytes: Buffer.alloc(0), quarantined: [] };
  const report = reporter({
    owner: { mesh: "default", name: "web-1" },
    connections: openConnections(20_000),
    ledger: counts,
    sink: lineSink(new Writable({ write: (_part, _encoding, done) => done() }), true),
    journal: openJournal(join(folder, "journal")),
    enforce: { inForce, earlier: undefined, changedAt: 0 },
    revoke: { late: () => Promise.resolve() },
    rawPort: 15_003,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    before: { read: 0, unread: 0, cut: 0 },
  });
  const us = cpuOf(folder, report.take) / count;
  if (
    report.read !== count ||
    report.unread > 0 ||
    counts.denied.total !== CONNECTIONS / 10 ||
    statSync(path).size === 0
  )
    throw new Error(`${report.read} of ${count} records were read, ${counts.denied.total} denials counted`);
  const bareUs = cpuOf(folder, (lines) => lines.map((one) => one.split(LOG_SEPARATOR))) / count;
  return { us, bareUs };
}

/** CPU time of reading the log to its end, µs. */
function cpuOf(folder: string, take: (lines: readonly string[]) => void): number {
  const follower = followLog({ folder, take, reopen: () => Promise.resolve() });
  const before = process.cpuUsage();
  follower.drain();
  const { user, system } = process.cpuUsage(before);
  follower.close();
  return user + system;
}

export async function run(): Promise<readonly Measured[]> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  try {
    const rounds = Array.from({ length: ROUNDS }, () => once(folder));
    const [us, bareUs] = [median(rounds.map((r) => r.us)), median(rounds.map((r) => r.bareUs))];
    return [
      {
        question: `agent's CPU for a record of Envoy's log, ${RULES} rules, a tenth of connections denied`,
        ours: `${us.toFixed(1)} µs (reading and splitting alone ${bareUs.toFixed(1)} µs)`,
        against: `${LIMIT_US} µs: ${SHARE * 100} % of a core at ${PER_SECOND} connections/s`,
        ratio: us / LIMIT_US,
        limit: 1,
      },
      ...(await logCosts(findEnvoy(), RULES, { perSecond: PER_SECOND, share: SHARE })),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
