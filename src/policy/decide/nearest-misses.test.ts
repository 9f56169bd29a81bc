import { expect, test } from "vitest";
import { connection, rule, sourced } from "../../../test/laws/builders.ts";
import { differences, nearestMisses } from "./index.ts";

test.each<[rule: string, connection: string, differs: string[]]>([
  ["Domain a.test tls 443", "tls://a.test:443", []],
  ["Domain a.test tls", "tls://a.test:8443", []],
  ["Domain a.test tls 443", "tls://a.test:8443", ["port"]],
  ["Domain a.test tls 443", "http://a.test:443", ["protocol"]],
  ["Domain a.test tls 443", "tls://b.test:443", ["name"]],
  ["IP 10.0.0.1 tls 443", "tls://a.test:443@10.0.0.2", ["address"]],
  ["IP 10.0.0.1 tls 443", "http://a.test:80@10.0.0.2", ["port", "protocol", "address"]],
  ["Domain a.test tls 443", "http://b.test:80", ["port", "protocol", "name"]],
])("%s, %s: %j", (text, other, differs) => {
  expect(differences(rule(text), connection(other))).toEqual(differs);
});

/** Rules as they are written, the nearest first; whatever order they come in. */
function nearest(text: string, ...rules: string[]): string[] {
  const all = sourced(rules.map(rule));
  const order = (some: typeof all): string[] =>
    nearestMisses(some, connection(text)).map(({ source }) => rules[source.index ?? -1] ?? "");
  const found = order(all);
  expect(order(all.toReversed())).toEqual(found);
  return found;
}

test("what differs in less comes first, three at most, and what admits never", () => {
  expect(
    nearest(
      "tls://a.test:443",
      "Domain a.test http 80",
      "Domain b.test tls 443",
      "Domain a.test tls 443",
      "Domain c.test http 80",
      "Domain a.test tls 8443",
      "Domain d.test tls 80",
    ),
  ).toEqual(["Domain a.test tls 8443", "Domain b.test tls 443", "Domain a.test http 80"]);
  expect(nearest("tls://a.test:443", "Domain a.test tcp 443", "Domain a.test tls 443")).toEqual([]);
  expect(nearest("tls://a.test:443@10.0.0.2", "IP 10.0.0.1 tcp 443")).toEqual(["IP 10.0.0.1 tcp 443"]);
});

test("among equals, what says the destination comes before what only comes near it", () => {
  expect(
    nearest("tls://a.test:443@10.0.0.1", "Domain b.a.test tls 443", "IP 10.0.0.0 tcp 443", "Domain a.test tls 80"),
  ).toEqual(["Domain a.test tls 80", "Domain b.a.test tls 443", "IP 10.0.0.0 tcp 443"]);
  expect(nearest("tls://a.test:443@10.0.0.1", "IP 10.0.0.0 tcp 443", "IP 10.0.0.1 tcp 80")).toEqual([
    "IP 10.0.0.1 tcp 80",
    "IP 10.0.0.0 tcp 443",
  ]);
});

test.each<[connection: string, rules: string[]]>([
  ["tls://x.b.c.test", ["Domain y.b.c.test tls", "Domain y.c.test tls", "Domain y.test tls"]],
  ["tls://x.b.c.test", ["Domain *.y.b.c.test tls", "Domain *.y.c.test tls", "Domain y.other tls"]],
  // A name below or above has all labels of the shorter one.
  ["tls://b.c.test", ["Domain x.b.c.test tls", "Domain x.c.test tls", "Domain x.test tls"]],
  ["tls://x.b.c.test", ["Domain b.c.test tls", "Domain c.test tls", "Domain test tls"]],
  ["tls://x.b.c.test", ["Domain c.test tls", "Domain xc.test tls", "Domain other tls"]],
  ["tls://abc.test", ["Domain z.abc.test tls", "Domain z.test tls", "Domain zabctest tls"]],
])("%s: names with more equal labels at their end come first: %j", (text, rules) => {
  expect(nearest(text, ...rules)).toEqual(rules);
  expect(nearest(text, ...rules.toReversed())).toEqual(rules);
});

test("whole labels count, not letters, and else the order of the list decides", () => {
  for (const rules of [
    ["Domain z.test tls", "Domain zbc.test tls"],
    ["Domain zbc.test tls", "Domain z.test tls"],
  ])
    expect(nearest("tls://abc.test", ...rules)).toEqual(rules);
});

test("names that share no label are as far as `*` that no name fits, and the order of the list decides", () => {
  expect(nearest("http://:80", "Domain * http 80", "Domain a.test http 80")).toEqual([
    "Domain * http 80",
    "Domain a.test http 80",
  ]);
  expect(nearest("http://:80", "Domain a.test http 80", "Domain * http 80")).toEqual([
    "Domain a.test http 80",
    "Domain * http 80",
  ]);
});

test.each<[connection: string, rules: string[]]>([
  ["tls://:443@10.0.0.1", ["IP 10.0.0.0 tls", "IP 10.0.0.3 tls", "IP 10.0.1.1 tls"]],
  ["tls://:443@10.0.0.1", ["CIDR 10.0.0.128/25 tls", "CIDR 10.128.0.0/9 tls", "CIDR 128.0.0.0/1 tls"]],
  ["tls://:443@10.0.0.1", ["IP 11.0.0.1 tls", "IP 74.0.0.1 tls", "IP ::a00:2 tls"]],
  ["tls://:443@[2001:db8::1]", ["IP 2001:db8::3 tls", "IP 2001:db9::1 tls", "IP 10.0.0.1 tls"]],
  // Part of the width, so that families compare; a common label is more than any part.
  ["tls://a.test:443@10.0.0.1", ["Domain b.test tls", "IP 10.0.0.2 tls", "Domain b.other tls"]],
])("%s: addresses with more equal leading bits come first: %j", (text, rules) => {
  expect(nearest(text, ...rules)).toEqual(rules);
  expect(nearest(text, ...rules.toReversed())).toEqual(rules);
});

test("among those that are as near, the source decides: mesh and name, then the place in the list", () => {
  const [a] = sourced([rule("Domain a.test tls 80")]);
  if (a === undefined) throw new Error("one rule");
  const sources = [
    { mesh: "a", name: "z", displayName: "z", index: 1 },
    { mesh: "b", name: "a", displayName: "a" },
    { mesh: "b", name: "a", displayName: "a", index: 0 },
    { mesh: "b", name: "a", displayName: "a", index: 1 },
    { mesh: "b", name: "b", displayName: "b", index: 0 },
  ];
  const found = (some: typeof sources) =>
    nearestMisses(
      some.map((source) => ({ ...a, source })),
      connection("tls://a.test:443"),
    ).map(({ source }) => source);
  expect(found(sources)).toEqual(sources.slice(0, 3));
  expect(found(sources.toReversed())).toEqual(sources.slice(0, 3));
  expect(found(sources.slice(2).toReversed())).toEqual(sources.slice(2));
});
