import { type Path, quote } from "../diagnostics/index.ts";
import { isList, isMap, type Report, type Value } from "../text/index.ts";
import { child, numberAt, textAt } from "./written.ts";

/** Admin port, metrics and probes of a Dataplane. `at` is the path of `spec`. */
export function checkExtras(report: Report, spec: Value | undefined, at: Path, networking: Value): void {
  checkAdmin(report, networking, [...at, "networking", "admin", "port"]);
  checkMetrics(report, child(spec, "metrics"), [...at, "metrics"]);
  if (child(networking, "gateway", "type") !== "BUILTIN") checkProbes(report, child(spec, "probes"), [...at, "probes"]);
}

const LOOPBACK = "127.0.0.1";

/** The admin API listens on the loopback address: nothing else of the proxy may. */
function checkAdmin(report: Report, networking: Value, path: Path): void {
  const port = numberAt(networking, "admin", "port");
  if (port === undefined || port === 0) return;
  for (const field of ["inbound", "outbound"]) {
    const list = child(networking, field);
    if (!isList(list)) continue;
    const standard = field === "inbound" ? textAt(networking, "address") : LOOPBACK;
    const clash = list.some((l) => numberAt(l, "port") === port && (textAt(l, "address") ?? standard) === LOOPBACK);
    if (clash)
      report.add({
        code: "E126-admin-port",
        path,
        message: `an ${field} uses port ${port} of ${LOOPBACK} too`,
        help: "give the admin API a port of its own",
      });
  }
}

function checkMetrics(report: Report, metrics: Value | undefined, path: Path): void {
  if (!isMap(metrics)) return;
  const type = metrics.get("type");
  if (type !== undefined && type !== "prometheus")
    report.add({
      code: "E124-metrics",
      path: [...path, "type"],
      message: `${quote(String(type))} is not a metrics backend`,
      help: "the only one is `prometheus`",
    });
  const aggregate = child(metrics, "conf", "aggregate");
  if (!isList(aggregate)) return;
  const seen = new Set<string>();
  for (const [i, item] of aggregate.entries()) {
    const name = textAt(item, "name");
    if (name !== undefined && seen.has(name))
      report.add({
        code: "E124-metrics",
        path: [...path, "conf", "aggregate", i, "name"],
        message: `${quote(name)} is already the name of another entry`,
        help: "give each entry a name of its own",
      });
    if (name !== undefined) seen.add(name);
  }
}

function checkProbes(report: Report, probes: Value | undefined, path: Path): void {
  if (!isMap(probes)) return;
  checkPort(report, probes, path, "port");
  const endpoints = probes.get("endpoints");
  if (!isList(endpoints)) return;
  for (const [i, endpoint] of endpoints.entries()) {
    if (!isMap(endpoint)) continue;
    const at = [...path, "endpoints", i];
    checkPort(report, endpoint, at, "inboundPort");
    for (const field of ["inboundPath", "path"])
      if (textAt(endpoint, field)?.startsWith("/") !== true)
        report.add({
          code: "E127-url-path",
          path: [...at, field],
          message: `\`${field}\` is not the path of a URL`,
          help: "write a path that starts with `/`",
        });
  }
}

function checkPort(report: Report, section: Value, path: Path, field: string): void {
  const port = child(section, field);
  if (typeof port === "number" && Number.isInteger(port) && port >= 1 && port <= 65_535) return;
  report.add({
    code: "E101-port-out-of-range",
    path: [...path, field],
    message: `\`${field}\` is not a port: write a whole number from 1 to 65535`,
  });
}
