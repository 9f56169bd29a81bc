import { join } from "node:path";
import { type Enforcer, openJournal, type Revocation, watchRefusals } from "./agent/index.ts";
import { ADMIN_SOCKET, askAdmin } from "./envoy/index.ts";
import { type Ledger, ledger } from "./hits/index.ts";
import type { Log, ProcessId } from "./host/index.ts";
import type { Paths } from "./prepare.ts";
import { type Records, records, savedCounts } from "./records.ts";
import type { LineSink, OpenConnections } from "./report/index.ts";
import { type Reporter, reporter } from "./reporter.ts";

export interface ObservePart {
  readonly owner: { readonly mesh: string; readonly name: string };
  readonly paths: Paths;
  readonly rawPort: number | undefined;
  readonly connections: OpenConnections;
  readonly sink: LineSink;
  readonly enforce: Enforcer;
  readonly revoke: Revocation;
  readonly envoy: () => ProcessId | undefined;
  readonly log: Log;
}

/** What is seen of a workload's connections, and what is made of it. */
export interface Observation {
  readonly ledger: Ledger;
  readonly report: Reporter;
  readonly records: Records;
  /** Look at Envoy's own counters from now on. Returns how to stop. */
  watch(): () => void;
}

export function observe(parts: ObservePart): Observation {
  const { owner, paths, sink, log } = parts;
  const saved = savedCounts(paths.counts, log);
  const counts = ledger(saved?.ledger, Date.now());
  const before = { read: saved?.read.ever ?? 0, unread: saved?.unread ?? 0, cut: saved?.cut ?? 0 };
  const report = reporter({ ...parts, ledger: counts, journal: openJournal(paths.journal), before });
  const admin = join(paths.run, ADMIN_SOCKET);
  const kept = records({
    ...{ folder: paths.run, ledgerPath: paths.counts, saved, sink, log, envoy: parts.envoy },
    take: report.take,
    counted: () => ({ ledger: counts.save(), cut: report.wereCut, read: report.read, unread: report.unread }),
    reopen: () => askAdmin(admin, "/reopen_logs", "POST"),
  });
  return {
    ledger: counts,
    report,
    records: kept,
    watch: () =>
      watchRefusals(admin, (line) => sink.write({ ...line, mesh: owner.mesh, workload: owner.name }), kept.audit),
  };
}
