import { describe, expect, test } from "vitest";
import { connection, matched, port } from "../../../test/laws/builders.ts";
import { parseCidr } from "../net/index.ts";
import {
  type AddressSet,
  ALL_ADDRESSES,
  addressesText,
  addressSet,
  boxSpace,
  connectionClasses,
  connectionSpace,
  difference,
  differenceOf,
  EVERYTHING,
  intersection,
  nameUnion,
  oneName,
  policySpace,
  portsText,
  renderClass,
  type Space,
  type Traffic,
  trafficText,
  union,
  viewClass,
} from "./index.ts";

const blocks = (...some: string[]): AddressSet =>
  addressSet(
    some.map((text) => {
      const parsed = parseCidr(text);
      if (!parsed.ok) throw new Error(text);
      return parsed.value;
    }),
  );
const without = (...some: string[]): AddressSet => differenceOf(ALL_ADDRESSES, blocks(...some));
const rules = (...some: string[]): Space => policySpace(matched(...some));
const texts = (space: Space): string[] => connectionClasses(space).map((c) => renderClass(c));

test.each<[Traffic[], string]>([
  [["tls"], "TLS"],
  [["http1"], "HTTP/1"],
  [["http2"], "HTTP/2 (gRPC apart)"],
  [["grpc"], "gRPC"],
  [["http1", "http2"], "HTTP (gRPC apart)"],
  [["http1", "grpc"], "HTTP/1 and gRPC"],
  [["http2", "grpc"], "HTTP/2"],
  [["http1", "http2", "grpc"], "HTTP"],
  [["opaque"], "bytes that are neither TLS nor HTTP"],
  [["tls", "opaque"], "TLS and bytes that are neither TLS nor HTTP"],
  [["tls", "http1"], "TLS and HTTP/1"],
  [["tls", "http1", "http2", "grpc"], "TLS and HTTP"],
  [["http1", "http2", "grpc", "opaque"], "anything but TLS"],
  [["tls", "http1", "http2", "grpc", "opaque"], "any traffic"],
  [["tls", "http1", "http2", "opaque"], "TLS and HTTP (gRPC apart) and bytes that are neither TLS nor HTTP"],
])("%j reads %j", (traffic, text) => {
  expect(trafficText(traffic)).toBe(text);
});

test.each<[only: number[], text: string]>([
  [[443], "port 443"],
  [[80, 443], "ports 80, 443"],
  [[80, 81], "ports 80, 81"],
  [[80, 81, 82], "ports 80-82"],
  [[79, 81, 82, 83, 85, 86], "ports 79, 81-83, 85, 86"],
  [[1, 3, 5, 7, 9, 11, 13, 15, 17], "ports 1, 3, 5, 7, 9, 11, 13, 15, 17"],
  [[1, 3, 5, 7, 9, 11, 13, 15, 17, 19], "ports 1, 3, 5, 7, 9, 11, 13, 15 and 2 more"],
])("ports %j", (only, text) => {
  expect(portsText({ only: only.map(port) })).toBe(text);
  expect(portsText({ except: only.map(port) })).toBe(`any port except ${text.replace(/^ports? /, "")}`);
});

test("every port, and lists that programs want whole", () => {
  expect(portsText({ except: [] })).toBe("any port");
  const odd = Array.from({ length: 12 }, (_, i) => port(2 * i + 1));
  expect(portsText({ only: odd }, { maxListed: Number.POSITIVE_INFINITY })).toBe(`ports ${odd.join(", ")}`);
});

test.each<[AddressSet, string]>([
  [ALL_ADDRESSES, "any address"],
  [without("192.0.2.1/32"), "any address except 192.0.2.1"],
  [without("192.0.2.0/24", "2001:db8::1/128"), "any address except 192.0.2.0/24, 2001:db8::1"],
  [blocks("192.0.2.0/24"), "192.0.2.0/24"],
  [blocks("192.0.2.3/32"), "192.0.2.3"],
  [blocks("2001:db8::/32"), "2001:db8::/32"],
  [blocks("2001:db8::/128"), "2001:db8::"],
  [blocks("2001:db8::32/128"), "2001:db8::32"],
  [blocks("0.0.0.0/0"), "any IPv4 address"],
  [blocks("::/0"), "any IPv6 address"],
  [differenceOf(blocks("0.0.0.0/0"), blocks("10.0.0.0/8")), "any IPv4 address (except 10.0.0.0/8)"],
  [
    differenceOf(blocks("10.0.0.0/8"), blocks("10.1.0.0/16", "10.3.0.1/32")),
    "10.0.0.0/8 (except 10.1.0.0/16, 10.3.0.1)",
  ],
])("%#: addresses as text", (addresses, text) => {
  expect(addressesText(addresses)).toBe(text);
});

describe("classes", () => {
  test.each<[Space, string[]]>([
    [
      rules("Domain a.test tls 443", "IP 10.0.0.1 tls 443"),
      ["TLS on port 443 to a.test", "TLS on port 443 to 10.0.0.1"],
    ],
    [connectionSpace(connection("tls://:443@10.0.0.1")), ["TLS on port 443 without a server name to 10.0.0.1"]],
    [connectionSpace(connection("http://:80@10.0.0.1")), ["HTTP/1 on port 80 without a host to 10.0.0.1"]],
    [
      connectionSpace(connection("h2c://a,b:80")),
      ["HTTP/2 (gRPC apart) on port 80 with an ill-formed host to 203.0.113.7"],
    ],
    // Names that a kind of traffic carries, but for one.
    [
      difference(rules("IP 10.0.0.1 tls 443"), rules("Domain a.test tls 443", "Domain *.b.test tls 443")),
      ["TLS on port 443 to 10.0.0.1 under any name or none, except a.test, *.b.test"],
    ],
    [
      difference(rules("Domain * tls 443"), rules("Domain a.test tls 443")),
      ["TLS on port 443 to any name or none, except a.test"],
    ],
    [
      difference(boxSpace({ traffic: "http1", port: port(80) }), rules("Domain * http 80")),
      ["HTTP/1 on port 80 without a well-formed host to anywhere"],
    ],
    [
      difference(rules("Domain * http 80"), rules("Domain a.test http 80")),
      ["HTTP on port 80 to any name (except a.test)"],
    ],
    [
      difference(rules("Domain *.test http 80"), rules("Domain a.test http 80")),
      ["HTTP on port 80 to *.test (except a.test)"],
    ],
    [rules("IP 10.0.0.1 tcp 80"), ["any traffic on port 80 to 10.0.0.1"]],
    [boxSpace({ traffic: "opaque", port: port(9) }), ["bytes that are neither TLS nor HTTP on port 9 to anywhere"]],
    [
      boxSpace({ traffic: "opaque", addresses: blocks("10.0.0.0/8") }),
      ["bytes that are neither TLS nor HTTP on any port to 10.0.0.0/8"],
    ],
    [union(rules("Domain a.test tls 443"), rules("Domain a.test tls 80")), ["TLS on ports 80, 443 to a.test"]],
    [
      difference(EVERYTHING, rules("CIDR 0.0.0.0/0 tcp 25", "CIDR ::/0 tcp 25")),
      ["any traffic on any port except 25 to anywhere"],
    ],
    [difference(EVERYTHING, rules("IP 192.0.2.1 tcp")), ["any traffic on any port to any address except 192.0.2.1"]],
    [
      difference(EVERYTHING, rules("CIDR 0.0.0.0/0 tls", "CIDR ::/0 tls")),
      ["anything but TLS on any port to anywhere"],
    ],
    // Names and addresses at once.
    [connectionSpace(connection("tls://a.test:443@10.0.0.1")), ["TLS on port 443 to a.test at 10.0.0.1"]],
    [
      intersection(rules("IP 10.0.0.1 tls"), rules("Domain *.a.test tls 443")),
      ["TLS on port 443 to *.a.test at 10.0.0.1"],
    ],
    [
      intersection(rules("IP 10.0.0.1 http"), rules("Domain * http 80")),
      ["HTTP on port 80 to 10.0.0.1 under any name"],
    ],
    [
      union(
        connectionSpace(connection("http://:80@10.0.0.1")),
        connectionSpace(connection("http://a.test:80@10.0.0.1")),
      ),
      ["HTTP/1 on port 80 to no name, a.test at 10.0.0.1"],
    ],
    [
      difference(
        boxSpace({ traffic: "http1", port: port(80), addresses: blocks("10.0.0.1/32") }),
        connectionSpace(connection("http://:80@10.0.0.1")),
      ),
      ["HTTP/1 on port 80 to 10.0.0.1 under an ill-formed host, any name"],
    ],
  ])("%#: classes as text", (space, expected) => {
    expect(texts(space)).toEqual(expected);
  });

  test("an exception names its addresses where they are not all of those it is left out of", () => {
    const within = (...left: string[]) =>
      texts(difference(rules("IP 10.0.0.1 tcp", "CIDR 10.2.0.0/16 tcp"), rules(...left)));
    const all = "any traffic on any port to 10.0.0.1, 10.2.0.0/16";
    expect(within("IP 10.0.0.1 tls 443", "CIDR 10.2.0.0/16 tls 443")).toEqual([`${all}; except TLS on port 443`]);
    expect(within("IP 10.0.0.1 tls 443", "CIDR 10.2.0.0/17 tls 443")).toEqual([
      `${all}; except TLS on port 443 to 10.0.0.1, 10.2.0.0/17`,
    ]);
    expect(within("Domain a.test tls 443")).toEqual([`${all}; except TLS on port 443 to a.test`]);
  });

  test("names are those of the kind of traffic that can carry the most", () => {
    const [one] = connectionClasses(connectionSpace(connection("http://:80@10.0.0.1")));
    if (one === undefined) throw new Error("one class");
    const names = nameUnion(oneName(undefined), oneName("a.test"));
    expect(renderClass({ ...one, names, traffic: ["http1", "opaque"] })).toBe(
      "HTTP/1 and bytes that are neither TLS nor HTTP on port 80 to no name, a.test at 10.0.0.1",
    );
  });

  test("long lists are cut, all of them where that is asked for", () => {
    const names = Array.from({ length: 10 }, (_, i) => `h${i}.test`);
    const [one] = connectionClasses(rules(...names.map((name) => `Domain ${name} tls 443`)));
    if (one === undefined) throw new Error("one class");
    expect(renderClass(one)).toBe(`TLS on port 443 to ${names.slice(0, 8).join(", ")} and 2 more`);
    expect(renderClass(one, { maxListed: Number.POSITIVE_INFINITY })).toBe(`TLS on port 443 to ${names.join(", ")}`);
    expect(renderClass(one, { maxListed: 9 })).toBe(`TLS on port 443 to ${names.join(", ")}`);
  });

  test("plain values, for programs", () => {
    const gained = difference(rules("IP 10.0.0.1 tcp"), rules("Domain a.test tls 443", "Domain b.test http 80"));
    expect(connectionClasses(gained).map(viewClass)).toMatchObject([
      {
        text: "any traffic on any port to 10.0.0.1; except TLS on port 443 to a.test; except HTTP on port 80 to b.test",
        traffic: ["tls", "http1", "http2", "grpc", "opaque"],
        ports: { except: [] },
        addresses: { blocks: [{ block: "10.0.0.1/32", except: [] }] },
        names: [{ kind: "none" }, { kind: "ill-formed" }, { kind: "below", rest: "", except: [] }],
        except: [
          { traffic: ["tls"], ports: { only: [443] }, names: [{ kind: "exact", name: "a.test" }], except: [] },
          { traffic: ["http1", "http2", "grpc"], ports: { only: [80] }, except: [] },
        ],
        witness: "tls://example.net:8443@10.0.0.1",
      },
    ]);
    const addressesOf = (space: Space) => connectionClasses(space).map((c) => viewClass(c).addresses);
    expect(addressesOf(rules("Domain a.test tls"))).toEqual([{ any: true, except: [] }]);
    expect(addressesOf(difference(EVERYTHING, rules("IP 192.0.2.1 tcp")))).toEqual([
      { any: true, except: ["192.0.2.1/32"] },
    ]);
    expect(addressesOf(difference(rules("CIDR 10.0.0.0/8 tcp"), rules("CIDR 10.1.0.0/16 tcp")))).toEqual([
      { blocks: [{ block: "10.0.0.0/8", except: ["10.1.0.0/16"] }] },
    ]);
  });
});
