import { join } from "node:path";
import { decide } from "../policy/decide/index.ts";
import type { Connection, RevocationMode } from "../policy/model/index.ts";
import { renderReasons } from "../policy/why/index.ts";
import {
  type Enforcer,
  openJournal,
  type Revocation,
  type SidecarStatus,
  type StatusPages,
  watchRefusals,
} from "./agent/index.ts";
import { ADMIN_SOCKET, askAdmin } from "./envoy/index.ts";
import { deniedView, hitsView, type Ledger, ledger, metricsText } from "./hits/index.ts";
import type { Log, ProcessId } from "./host/index.ts";
import { livePages } from "./live-pages.ts";
import { mostOf } from "./most.ts";
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
  /** Where the policy does not say it. */
  readonly revocation: RevocationMode;
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
  /** What is shown of it: `/hits`, `/denied?most=N`, `/metrics`, `/connections?most=N`, and the answer to `/impact`. */
  pages(status: () => SidecarStatus): StatusPages;
}

export function observe(parts: ObservePart): Observation {
  const { owner, paths, sink, log } = parts;
  const saved = savedCounts(paths.counts, log);
  const counts = ledger(saved?.ledger, Date.now());
  const before = { read: saved?.read.ever ?? 0, unread: saved?.unread ?? 0, cut: saved?.cut ?? 0 };
  const report = reporter({ ...parts, ledger: counts, journal: openJournal(paths.journal), before });
  let atLimit = saved?.atLimit ?? 0;
  const admin = join(paths.run, ADMIN_SOCKET);
  const kept = records({
    ...{ folder: paths.run, ledgerPath: paths.counts, saved, sink, log, envoy: parts.envoy },
    take: report.take,
    counted: () => ({
      ...{ ledger: counts.save(), cut: report.wereCut, atLimit },
      ...{ read: report.read, unread: report.unread },
    }),
    reopen: () => askAdmin(admin, "/reopen_logs", "POST"),
    missing: () => void parts.revoke.blind(),
  });
  return {
    ledger: counts,
    report,
    records: kept,
    watch: () =>
      watchRefusals(
        admin,
        (line) => {
          atLimit += line.count;
          sink.write({ ...line, mesh: owner.mesh, workload: owner.name });
        },
        kept.audit,
      ),
    pages: (status) => pagesOf(parts, { counts, report, kept, atLimit: () => atLimit }, status),
  };
}

interface Shown {
  readonly counts: Ledger;
  readonly report: Reporter;
  readonly kept: Records;
  readonly atLimit: () => number;
}

/** Places listed where nobody says how many. */
const MOST_PLACES = 20;

function pagesOf(
  parts: ObservePart,
  { counts, report, kept, atLimit }: Shown,
  status: () => SidecarStatus,
): StatusPages {
  const { owner, enforce, connections, sink } = parts;
  const records = () => ({ read: report.read, unread: report.unread, lost: kept.lost, behind: kept.behind });
  const hits = () =>
    hitsView({
      ...{ owner, ledger: counts, records: records() },
      by: report.attribution,
      hasPolicy: enforce.inForce.bytes !== undefined,
      open: report.openNow(),
    });
  const json = (value: object) => ({ type: "application/json", body: `${JSON.stringify(value)}\n` }) as const;
  const live = livePages(parts);
  return ({ path, query, body: asked }) => {
    const answer = asked === undefined ? live.get(path, query) : live.post(path, query, asked);
    if (answer !== undefined) return "refused" in answer ? answer : json(answer);
    if (asked !== undefined) return undefined;
    if (path === "/hits") return json(hits());
    if (path === "/denied") {
      const most = mostOf(query, MOST_PLACES);
      if (typeof most !== "number") return most;
      const { policy } = enforce.inForce.compiled;
      const judgeNow = (connection: Connection) => {
        const verdict = decide(policy, connection);
        return {
          now: verdict.kind === "allow" ? ("allowed" as const) : ("denied" as const),
          reason: renderReasons(verdict),
        };
      };
      return json(deniedView({ owner, ledger: counts, records: records(), most, judge: judgeNow }));
    }
    if (path !== "/metrics") return undefined;
    const body = metricsText({
      ...{ hits: hits(), denied: counts.denied.byReason, isReady: status().ready, atLimit: atLimit() },
      ...{ openConnections: connections.size, overlooked: connections.overlooked },
      ...{ cut: report.wereCut, linesLost: sink.lost },
    });
    return { type: "text/plain; version=0.0.4", body };
  };
}
