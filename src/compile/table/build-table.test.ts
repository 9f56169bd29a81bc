import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { effectivePolicy, policyAndConnection, reordered, sourcedRules } from "../../../test/laws/arbitraries.ts";
import { effective, matched, port, rule } from "../../../test/laws/builders.ts";
import { decide } from "../../policy/decide/index.ts";
import type { Connection } from "../../policy/model/index.ts";
import {
  type Cidr,
  contains,
  covers,
  domainMatches,
  formatCidr,
  formatDomainPattern,
  isWellFormedHost,
} from "../../policy/net/index.ts";
import { ANY_PORT, buildTable, httpView, type PortKey, patternsOf, type Table } from "./index.ts";

const RUNS = { numRuns: 3000 };

test("law: the table decides as `decide` does", () => {
  fc.assert(
    fc.property(policyAndConnection(), ([policy, connection]) => {
      expect(verdict(buildTable(policy), connection)).toBe(decide(policy, connection).kind);
    }),
    RUNS,
  );
});

test("law: equal mode and equal sets of rules give equal tables, whatever order, number and source", () => {
  fc.assert(
    fc.property(reordered(sourcedRules), fc.string(), ([rules, again], name) => {
      const policy = effective("Matched", []);
      const renamed = again.map(({ value }) => ({ value, source: { mesh: "m", name, displayName: name, index: 7 } }));
      expect(buildTable({ ...policy, rules: renamed })).toEqual(buildTable({ ...policy, rules }));
    }),
    RUNS,
  );
});

test("law: no list of a table is empty, unsorted or says something twice", () => {
  fc.assert(
    fc.property(effectivePolicy, (policy) => {
      const table = buildTable(policy);
      if (table.mode !== "Matched")
        expect(table).toEqual({ mode: table.mode, tcp: [], tlsBlocks: [], tlsNames: [], http: [] });
      for (const list of [table.tcp, table.tlsBlocks, table.tlsNames, table.http])
        expect(list.map(({ port }) => order(port))).toEqual(unique(list.map(({ port }) => order(port))));
      for (const { blocks } of [...table.tcp, ...table.tlsBlocks]) {
        expect(blocks.length).toBeGreaterThan(0);
        expect(blocks.filter((block) => blocks.some((other) => other !== block && covers(other, block)))).toEqual([]);
      }
      for (const { names } of table.tlsNames) expect(patternsOf(names).length).toBeGreaterThan(0);
    }),
    { numRuns: 1000 },
  );
});

describe("modes", () => {
  const empty = { tcp: [], tlsBlocks: [], tlsNames: [], http: [] };
  const rules = [rule("Domain a.test tls 443")];

  test("All and None have no rules; Matched without rules is None", () => {
    expect(buildTable(effective("All", rules))).toEqual({ mode: "All", ...empty });
    expect(buildTable(effective("None", rules))).toEqual({ mode: "None", ...empty });
    expect(buildTable(matched())).toEqual({ mode: "None", ...empty });
  });

  test("a policy that is not enforced is All", () => {
    const policy = { ...effective("None", rules), enforced: { not: "builtin gateway" } } as const;
    expect(buildTable(policy)).toEqual({ mode: "All", ...empty });
  });
});

describe("blocks", () => {
  const blocks = (...rules: string[]) =>
    buildTable(matched(...rules)).tcp.map(({ port, blocks }) => [port, ...blocks.map(formatCidr)]);

  test("an address is a block; what a wider one of the same port covers is left out; adjacent ones stay", () => {
    expect(
      blocks(
        "IP 10.0.0.1 tcp 80",
        "CIDR 10.0.0.0/8 tcp 80",
        "CIDR 11.0.0.0/8 tcp 80",
        "IP 2001:db8::1 tcp 80",
        "IP 10.0.0.1 tcp",
      ),
    ).toEqual([
      [80, "10.0.0.0/8", "11.0.0.0/8", "2001:db8::1/128"],
      [ANY_PORT, "10.0.0.1/32"],
    ]);
  });
});

describe("names", () => {
  const http = (...rules: string[]) => {
    const { names } = httpView(buildTable(matched(...rules)), port(80));
    return (["http", "http2", "grpc"] as const).map((level) => patternsOf(names[level]).map(formatDomainPattern));
  };

  test("a name has the strongest level of all that cover it", () => {
    expect(http("Domain a.x.test grpc 80", "Domain *.x.test http2 80", "Domain b.x.test http 80")).toEqual([
      ["b.x.test"],
      ["*.x.test"],
      [],
    ]);
  });

  test("a name that adds to a wider wildcard stays, under it the wildcard's level counts", () => {
    expect(http("Domain *.x.test grpc 80", "Domain *.y.x.test http 80", "Domain a.y.x.test http2 80")).toEqual([
      ["*.y.x.test"],
      [],
      ["*.x.test"],
    ]);
  });

  test("`*` covers every name that is not stronger", () => {
    expect(http("Domain * http2", "Domain a.test grpc 80", "Domain b.test http 80")).toEqual([["b.test"], ["*"], []]);
  });

  test("`*.rest` does not cover `rest`", () => {
    expect(http("Domain *.x.test http 80", "Domain x.test http 80")).toEqual([["x.test", "*.x.test"], [], []]);
  });
});

test("the view of a port without rules of its own is that of any port", () => {
  const table = buildTable(matched("Domain a.test http", "IP 10.0.0.1 tcp", "IP 10.0.0.2 http 80"));
  expect(httpView(table, port(9999))).toEqual(httpView(table, ANY_PORT));
  expect(httpView(table, port(80)).blocks.http.map(formatCidr)).toEqual(["10.0.0.1/32", "10.0.0.2/32"]);
});

/** The verdict of a table, slow and obvious. */
function verdict(table: Table, connection: Connection): "allow" | "deny" {
  if (table.mode !== "Matched") return table.mode === "All" ? "allow" : "deny";
  return admits(table, connection) ? "allow" : "deny";
}

function admits(table: Table, connection: Connection): boolean {
  const { ip, port } = connection.destination;
  const here = (entry: { readonly port: PortKey }) => entry.port === port || entry.port === ANY_PORT;
  const holds = (blocks: readonly Cidr[]) => blocks.some((block) => contains(block, ip));
  if (table.tcp.filter(here).some(({ blocks }) => holds(blocks))) return true;
  if (connection.kind === "opaque") return false;
  if (connection.kind === "tls") {
    const { serverName } = connection;
    const named = table.tlsNames
      .filter(here)
      .some(
        ({ names }) =>
          names.any || (serverName !== undefined && patternsOf(names).some((p) => domainMatches(p, serverName))),
      );
    return named || table.tlsBlocks.filter(here).some(({ blocks }) => holds(blocks));
  }
  const { version, isGrpc, host } = connection;
  const view = httpView(table, port);
  const levels = (["http", "http2", "grpc"] as const).slice(0, version !== "2" ? 1 : isGrpc ? 3 : 2);
  const name = host !== undefined && isWellFormedHost(host) ? host : undefined;
  return levels.some(
    (level) =>
      holds(view.blocks[level]) ||
      (name !== undefined && patternsOf(view.names[level]).some((p) => domainMatches(p, name))),
  );
}

const order = (port: PortKey): number => (port === ANY_PORT ? 65_536 : port);
const unique = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);
