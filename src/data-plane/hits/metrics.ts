import { DENIED_BECAUSE, type DeniedBecause } from "./denied-counters.ts";
import type { HitsView } from "./views.ts";

/** What is measured besides hits. */
export interface MetricsParts {
  readonly hits: HitsView;
  readonly denied: ReadonlyMap<DeniedBecause, number>;
  readonly isReady: boolean;
  readonly openConnections: number;
  readonly cut: number;
  /** Connections refused at a limit of Envoy. */
  readonly atLimit: number;
  readonly linesLost: number;
  readonly overlooked: number;
}

/** Names, kinds and help of all metrics; the reference page lists them. */
export const METRICS = {
  sallyport_ready: ["gauge", "1 once a policy is in force"],
  sallyport_rules: ["gauge", "rules in force"],
  sallyport_rule_hits_total: [
    "counter",
    "connections and requests that a rule admitted; a rule without any has no line",
  ],
  sallyport_rule_only_hits_total: ["counter", "those of them that no other rule admitted"],
  sallyport_rule_last_hit_timestamp_seconds: ["gauge", "when the last of them began"],
  sallyport_admitted_otherwise_total: [
    "counter",
    "admitted without a rule: by mode All, because policies are not enforced, or by a policy no longer known",
  ],
  sallyport_denied_total: ["counter", "connections and requests that did not get out, by reason"],
  sallyport_refused_at_limit_total: ["counter", "connections that Envoy refused at a limit"],
  sallyport_cut_total: ["counter", "open connections that a change forbade"],
  sallyport_open_connections: ["gauge", "open connections, as far as Envoy's records tell"],
  sallyport_overlooked_connections_total: ["counter", "open connections that were too many to be kept"],
  sallyport_records_total: ["counter", "Envoy's records that were read"],
  sallyport_records_lost_total: ["counter", "records that Envoy took and that never arrived"],
  sallyport_records_unread_total: ["counter", "records that could not be understood"],
  sallyport_records_behind_bytes: ["gauge", "Envoy's records that are not read yet"],
  sallyport_report_lines_lost_total: ["counter", "lines of the report that nobody took"],
} as const;
type Metric = keyof typeof METRICS;
type Labels = Readonly<Record<string, string | number>>;

/** Prometheus' text format, version 0.0.4. */
export function metricsText(parts: MetricsParts): string {
  const { mesh, workload, rules, records, otherwise } = parts.hits;
  const samples = new Map<Metric, string[]>();
  const add = (name: Metric, value: number, labels: Labels = {}) => {
    const all = Object.entries({ mesh, workload, ...labels }).map(
      ([key, text]) => `${key}="${escapeLabel(`${text}`)}"`,
    );
    const line = `${name}{${all.join(",")}} ${value}\n`;
    const there = samples.get(name);
    if (there === undefined) samples.set(name, [line]);
    else there.push(line);
  };
  add("sallyport_ready", parts.isReady ? 1 : 0);
  add("sallyport_rules", rules.length);
  const seen = new Set<string>();
  for (const { rule, type, value, port, protocol, hits, only, last } of rules) {
    const labels = { policy: rule.replace(/#\d+$/, ""), type, value, port: port ?? "any", protocol };
    const key = JSON.stringify(labels);
    if (last === undefined || seen.has(key)) continue; // a rule that a policy has twice is one rule
    seen.add(key);
    add("sallyport_rule_hits_total", hits, labels);
    add("sallyport_rule_only_hits_total", only, labels);
    add("sallyport_rule_last_hit_timestamp_seconds", Date.parse(last) / 1000, labels);
  }
  for (const [by, count] of Object.entries(otherwise)) add("sallyport_admitted_otherwise_total", count, { by });
  for (const reason of DENIED_BECAUSE) add("sallyport_denied_total", parts.denied.get(reason) ?? 0, { reason });
  add("sallyport_refused_at_limit_total", parts.atLimit);
  add("sallyport_cut_total", parts.cut);
  add("sallyport_open_connections", parts.openConnections);
  add("sallyport_overlooked_connections_total", parts.overlooked);
  add("sallyport_records_total", records.read);
  add("sallyport_records_lost_total", records.lost);
  add("sallyport_records_unread_total", records.unread);
  add("sallyport_records_behind_bytes", records.behind);
  add("sallyport_report_lines_lost_total", parts.linesLost);
  return [...samples]
    .map(([name, lines]) => {
      const [kind, help] = METRICS[name];
      return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join("")}`;
    })
    .join("");
}

const escapeLabel = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
