/**
 * What the documentation says of rules beyond their single fields. Groups first and judges the group, so the
 * findings do not depend on the order of the rules. An absent port counts as one more port.
 */
import type { Path } from "../diagnostics/index.ts";
import { isL7, L7_PROTOCOLS, type L7Protocol, type Match } from "../model/index.ts";
import { formatCidr, formatDomainPattern, hostCidr, type Port } from "../net/index.ts";
import type { Draft, Entry, Report } from "../text/index.ts";

type PortKey = Port | "any";

/** With `isExtended` what the documentation only limits is accepted: semantics §3 says what it means. */
export function checkRules(report: Report, draft: Draft, isExtended: boolean): void {
  const list: Path = [...draft.spec, "default", "appendMatch"];
  for (const entry of draft.entries) checkEntry(report, list, entry, isExtended);
  if (!isExtended) checkL7(report, list, draft.entries);
  checkDuplicates(report, list, draft);
  checkTcp(report, list, draft.entries);
  checkMode(report, list, draft);
}

function checkEntry(report: Report, list: Path, entry: Entry, isExtended: boolean): void {
  const { index, type, value, match, protocol, port } = entry;
  if (type !== "Domain") return;
  if (protocol === "tcp")
    report.add({
      code: "E201-tcp-domain",
      path: [...list, index, "protocol"],
      message: "`tcp` cannot be used with `type: Domain`: plain TCP carries no name",
      help: "use `tls` where the client opens TLS, or write the addresses with `type: IP` or `type: CIDR`",
    });
  if (!isExtended && port === "any" && protocol !== undefined && isL7(protocol) && value?.startsWith("*") === true)
    report.add({
      code: "E202-wildcard-any-port",
      path: [...list, index, "port"],
      message: `a wildcard with \`${protocol}\` needs a port`,
      help: `write the port${match === undefined ? "" : "; the level `extended` accepts it without"}`,
    });
}

function checkL7(report: Report, list: Path, entries: readonly Entry[]): void {
  const byPort = new Map<PortKey, Map<L7Protocol, Entry[]>>();
  for (const entry of entries) {
    if (entry.port === undefined || entry.protocol === undefined || !isL7(entry.protocol)) continue;
    const protocols = byPort.get(entry.port) ?? new Map<L7Protocol, Entry[]>();
    byPort.set(entry.port, protocols);
    push(protocols, entry.protocol, entry);
  }
  for (const [port, protocols] of byPort) {
    if (protocols.size < 2) continue;
    const words = L7_PROTOCOLS.filter((p) => protocols.has(p)).map((p) => `\`${p}\``);
    const where = port === "any" ? "rules without port" : `port ${port}`;
    for (const entry of [...protocols.values()].flat())
      report.add({
        code: "E203-l7-on-one-port",
        path: [...list, entry.index, port === "any" ? "protocol" : "port"],
        message: `${where}: ${words.slice(0, -1).join(", ")} and ${words.at(-1)} cannot be told apart`,
        help: "use one of `http`, `http2`, `grpc` for all of them: `http` admits HTTP/2 and gRPC requests too; the level `extended` accepts them side by side",
      });
  }
}

function checkDuplicates(report: Report, list: Path, draft: Draft): void {
  const byRule = new Map<string, Entry[]>();
  for (const entry of draft.entries) {
    const { match, protocol, port } = entry;
    if (match !== undefined && protocol !== undefined && port !== undefined)
      push(byRule, `${port} ${protocol} ${matchKey(match)}`, entry);
  }
  const lineOf = (entry: Entry | undefined): string => {
    const line = entry === undefined ? undefined : draft.spanOf([...list, entry.index])?.start.line;
    return line === undefined ? "" : `; the other is on line ${line}`;
  };
  for (const same of byRule.values()) {
    if (same.length < 2) continue;
    const byText = new Map<string, Entry[]>();
    for (const entry of same) push(byText, entry.value ?? "", entry);
    for (const entry of same) {
      const twins = byText.get(entry.value ?? "") ?? [];
      const path = [...list, entry.index, "value"];
      if (twins.length > 1)
        report.add({
          code: "E204-duplicate-rule",
          path,
          message: "this rule is written twice: same value, port and protocol",
          help: `keep one of them${lineOf(firstOther(twins, entry))}`,
        });
      else
        report.add({
          code: "W310-same-rule",
          path,
          message: "another rule of this policy says the same in another spelling",
          help: `keep one of them${lineOf(firstOther(same, entry))}`,
        });
    }
  }
}

const firstOther = (entries: readonly Entry[], entry: Entry): Entry | undefined =>
  entries[0] === entry ? entries[1] : entries[0];

/** Equal for matches that admit the same: an address and its block of one are the same. */
function matchKey(match: Match): string {
  switch (match.type) {
    case "Domain":
      return `name ${formatDomainPattern(match.pattern)}`;
    case "IP":
      return formatCidr(hostCidr(match.ip));
    case "CIDR":
      return formatCidr(match.block);
  }
}

/** A `tcp` rule admits every byte stream; on a port that is named for TLS or HTTP that may be more than was meant. */
function checkTcp(report: Report, list: Path, entries: readonly Entry[]): void {
  const inspected = new Set<PortKey>();
  for (const { protocol, port } of entries)
    if (protocol !== undefined && protocol !== "tcp" && port !== undefined) inspected.add(port);
  for (const { index, type, protocol, port } of entries) {
    if (protocol !== "tcp" || type === "Domain" || port === undefined) continue;
    if (port !== "any" && !inspected.has(port)) continue;
    report.add({
      code: "W304-tcp-admits-all",
      path: [...list, index, "protocol"],
      message: `this \`tcp\` rule also admits TLS and HTTP to these addresses${port === "any" ? ", on every port" : ""}`,
      help:
        port === "any"
          ? "write a port if one is meant"
          : `other rules name port ${port} for TLS or HTTP: use their protocol if only that is meant`,
    });
  }
}

function checkMode(report: Report, list: Path, { entries, mode }: Draft): void {
  if (entries.length === 0 || mode === "Matched" || mode === "unreadable") return;
  report.add({
    code: "W303-unused-list",
    path: list,
    message: `${mode === undefined ? "no mode is set" : `the mode is \`${mode}\``}: this list has no effect unless another policy that selects the same proxy sets \`Matched\``,
    help: "write `passthroughMode: Matched`, or take the list out",
    at: "key",
  });
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
