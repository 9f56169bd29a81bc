import { type DiagnosticCode, quote } from "../diagnostics/index.ts";
import { MATCH_TYPES, type Match, type MatchType, PROTOCOLS, type Protocol, type Rule } from "../model/index.ts";
import { type DomainRefusal, type Port, parseCidr, parseDomainPattern, parseIp, portFromNumber } from "../net/index.ts";
import type { Entry } from "./draft.ts";
import { at, missing, numberField, type Section, stringField, wordField } from "./fields.ts";
import type { Report } from "./report.ts";

/** One entry of `appendMatch`: all that can be read of it, and the rule if that is everything. */
export function readRule(report: Report, section: Section, index: number): { entry: Entry; rule?: Rule } {
  const type = section.map.has("type")
    ? wordField(report, section, "type", MATCH_TYPES)
    : missing(report, section, "type", "write `Domain`, `IP` or `CIDR`");
  const value = section.map.has("value") ? stringField(report, section, "value") : missing(report, section, "value");
  const port = readPort(report, section);
  const protocol = readProtocol(report, section);
  const match = type === undefined || value === undefined ? undefined : readMatch(report, section, type, value);
  const entry: Entry = {
    index,
    ...(type === undefined ? {} : { type }),
    ...(value === undefined ? {} : { value }),
    ...(match === undefined ? {} : { match }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(port === undefined ? {} : { port }),
  };
  if (type === undefined || value === undefined || match === undefined || protocol === undefined || port === undefined)
    return { entry };
  const ported = port === "any" ? {} : { port };
  return { entry, rule: { match, protocol, ...ported, written: { type, value, ...ported, protocol } } };
}

/** Undefined where there is a port that is none. */
function readPort(report: Report, section: Section): Port | "any" | undefined {
  if (!section.map.has("port")) return "any";
  const number = numberField(report, section, "port");
  if (number === undefined) return undefined;
  const port = portFromNumber(number);
  if (port.ok) return port.value;
  report.add({
    code: "E101-port-out-of-range",
    path: at(section, "port"),
    message: `\`${number}\` is not a port: write a whole number from 1 to 65535`,
    help: number === 0 ? "leave `port` out to mean every port" : undefined,
  });
  return undefined;
}

function readProtocol(report: Report, section: Section): Protocol | undefined {
  if (section.map.has("protocol")) return wordField(report, section, "protocol", PROTOCOLS);
  report.add({
    code: "E119-missing-protocol",
    path: at(section, "protocol"),
    message: "`protocol` is missing: what is admitted must be written",
    help: "Kuma on Kubernetes reads this as `protocol: tcp`, and refuses it on Universal",
  });
  return undefined;
}

function readMatch(report: Report, section: Section, type: MatchType, value: string): Match | undefined {
  const path = at(section, "value");
  const refuse = (code: DiagnosticCode, message: string, help: string | undefined): undefined => {
    report.add({ code, path, message, help });
    return undefined;
  };
  switch (type) {
    case "Domain": {
      const pattern = parseDomainPattern(value);
      if (pattern.ok) return { type, pattern: pattern.value };
      const [code, what] = DOMAIN_REFUSALS[pattern.reason];
      return refuse(code, `${quote(value)} ${what}`, pattern.help);
    }
    case "IP": {
      const ip = parseIp(value);
      if (ip.ok) return { type, ip: ip.value };
      return refuse("E110-bad-address", `${quote(value)} is not an IP address`, ip.help);
    }
    case "CIDR": {
      const block = parseCidr(value);
      if (block.ok) return { type, block: block.value };
      return refuse("E111-bad-block", `${quote(value)} is not a block of addresses`, block.help);
    }
  }
}

const DOMAIN_REFUSALS: Readonly<Record<DomainRefusal, readonly [DiagnosticCode, string]>> = {
  "not-a-name": ["E106-bad-domain", "is not a domain name"],
  "too-long": ["E106-bad-domain", "is longer than a domain name can be"],
  "not-ascii": ["E108-domain-not-ascii", "is not written in ASCII"],
  "partial-wildcard": ["E107-partial-wildcard", "has a wildcard that does not stand for whole labels at the front"],
  "an-address": ["E109-address-in-domain", "is an address, not a domain name"],
};
