import { expect, test } from "vitest";
import { must, port } from "../../../test/laws/builders.ts";
import { type Cidr, parseCidr, parseDomainPattern } from "../net/index.ts";
import { addressSet } from "./addresses.ts";
import { layersOf } from "./layers.ts";
import { ALL_SERVER_NAMES, nameClasses, nameDifference, nameSet } from "./names.ts";
import { PORT_COUNT, type Rectangle, type Region } from "./space.ts";

const names = (...patterns: string[]) => nameSet(patterns.map((text) => must(parseDomainPattern(text))));
const addresses = (...blocks: string[]) => addressSet(blocks.map((text): Cidr => must(parseCidr(text))));
const rectangle = (blocks: string[], patterns: string[]): Rectangle => ({
  addresses: addresses(...blocks),
  names: names(...patterns),
});
const [TEN, ELEVEN, TWELVE] = ["10.0.0.0/8", "11.0.0.0/8", "12.0.0.0/8"] as const;
/** What port 443 holds beyond what every port holds. */
const beyond = (rest: Region, at443: Region): Region | undefined =>
  layersOf({ byPort: new Map([[port(443), at443]]), rest }, ALL_SERVER_NAMES)?.[1].byPort.get(port(443));

test("a wildcard is whole again where every port has what was cut out of it, at all of the addresses", () => {
  const rest = [rectangle([TEN], ["x.b.test"]), rectangle([ELEVEN], ["c.test"])];
  expect(beyond(rest, [...rest, rectangle([TEN], ["*.b.test"])])).toEqual([rectangle([TEN], ["*.b.test"])]);
  // Nobody gave x.b.test at 12.0.0.0/8.
  const cut = { addresses: addresses(TEN, TWELVE), names: nameDifference(names("*.b.test"), names("x.b.test")) };
  expect(beyond(rest, [...rest, cut])).toEqual([cut]);
  const both = [rectangle([TEN], ["x.b.test", "y.b.test"]), rectangle([ELEVEN], ["x.b.test"])];
  const open = { addresses: addresses(TEN, ELEVEN), names: nameDifference(names("*.b.test"), names("y.b.test")) };
  const found = beyond(both, [...both, open]);
  expect(found).toHaveLength(1);
  expect(found?.map((one) => nameClasses(one.names))).toEqual([nameClasses(open.names)]);
});

test("addresses are whole again where that takes fewer blocks", () => {
  const rest = [rectangle(["10.0.0.0/9"], ["a.test", "b.test"])];
  const at = (...blocks: string[]) => beyond(rest, [...rest, rectangle(blocks, ["a.test"])]);
  expect(at(TEN)).toEqual([rectangle(["10.128.0.0/9"], ["a.test"])]);
  expect(at("0.0.0.0/0")).toEqual([rectangle(["0.0.0.0/0"], ["a.test"])]);
});

test("there are no layers where a port holds less, where no port holds all of it, or where every port is listed", () => {
  const rest = [rectangle([TEN], ["a.test", "b.test"])];
  expect(beyond(rest, [rectangle([TEN], ["a.test"])])).toBeUndefined();
  expect(beyond([], rest)).toBeUndefined();
  const byPort = new Map(Array.from({ length: PORT_COUNT }, (_, i) => [port(i + 1), rest]));
  expect(layersOf({ byPort, rest }, ALL_SERVER_NAMES)).toBeUndefined();
});
