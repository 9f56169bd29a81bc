import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { effectivePolicy } from "../../../test/laws/arbitraries.ts";
import { effective, ip, matched } from "../../../test/laws/builders.ts";
import { parseCidr } from "../../policy/net/index.ts";
import { buildTable } from "../table/index.ts";
import {
  addElements,
  compileRedirect,
  NO_SETS,
  type RedirectSets,
  type RedirectSettings,
  redirectSets,
  removeRedirect,
  SET_NAMES,
  setChange,
} from "./index.ts";

const SETTINGS: RedirectSettings = {
  outboundPort: 15_001,
  rawPort: 15_003,
  identity: { uid: 5678 },
  resolvers: [ip("10.0.0.53"), ip("2001:db8::53")],
  mode: "Matched",
  ipv6: "redirect",
};
const setsOf = (...rules: string[]): RedirectSets => redirectSets(buildTable(matched(...rules)));
const text = (changes: Partial<RedirectSettings> = {}, sets: RedirectSets = NO_SETS): string =>
  compileRedirect({ ...SETTINGS, ...changes }, sets).join("");

describe("sets", () => {
  test("hold what tcp rules admit, by family, with and without port", () => {
    const rules = [
      "CIDR 203.0.113.0/24 tcp 9000",
      "IP 2001:db8::1 tcp 25",
      "CIDR 198.51.100.0/24 tcp",
      "CIDR ::/0 tcp",
    ];
    expect(setsOf(...rules, "CIDR 10.0.0.0/8 tls 443", "IP 10.0.0.1 http 80")).toEqual({
      raw4: ["203.0.113.0/24 . 9000"],
      raw6: ["2001:db8::1/128 . 25"],
      raw4any: ["198.51.100.0/24"],
      raw6any: ["::/0"],
    });
  });

  test("hold every address in mode All, and none in mode None", () => {
    expect(redirectSets(buildTable(effective("All", [])))).toEqual({
      ...NO_SETS,
      raw4any: ["0.0.0.0/0"],
      raw6any: ["::/0"],
    });
    expect(redirectSets(buildTable(effective("None", [])))).toEqual(NO_SETS);
  });

  test("law: no element of a set overlaps another", () => {
    fc.assert(
      fc.property(effectivePolicy, (policy) => {
        const sets = redirectSets(buildTable(policy));
        for (const name of SET_NAMES)
          for (const a of sets[name]) expect(sets[name].filter((b) => b !== a && overlaps(a, b))).toEqual([]);
      }),
    );
  });
});

describe("the cheapest change", () => {
  const before = setsOf("IP 10.0.0.1 tcp 80");

  test("is none, to add, or to replace", () => {
    expect(setChange(before, before)).toEqual({ kind: "none" });
    const added = { ...NO_SETS, raw4: ["10.0.0.2/32 . 80"] };
    expect(setChange(before, setsOf("IP 10.0.0.1 tcp 80", "IP 10.0.0.2 tcp 80"))).toEqual({ kind: "add", added });
    expect(setChange(before, NO_SETS)).toEqual({ kind: "replace" });
  });

  test("replaces where a new block covers an old one: adding it would overlap", () => {
    expect(setChange(before, setsOf("IP 10.0.0.1 tcp 80", "CIDR 10.0.0.0/8 tcp 80"))).toEqual({ kind: "replace" });
  });
});

describe("the text", () => {
  test("refuses the proxy's own listeners before anything is rewritten", () => {
    expect(text()).toContain(
      "meta skuid != 5678 fib daddr type local tcp dport { 15001, 15003 } reject with tcp reset",
    );
  });

  test("refuses UDP/443 unless the mode is All", () => {
    expect(text()).toContain("udp dport 443 reject");
    expect(text({ mode: "None" })).toContain("udp dport 443 reject");
    expect(text({ mode: "All" })).not.toContain("udp");
  });

  test("leaves own addresses and TCP/53 to resolvers alone, and UDP altogether", () => {
    const lines = text()
      .split("\n")
      .map((line) => line.trim());
    expect(lines).toContain("fib daddr type local return");
    expect(lines).toContain("ip daddr 10.0.0.53 tcp dport 53 return");
    expect(lines).toContain("ip6 daddr 2001:db8::53 tcp dport 53 return");
    expect(lines.filter((line) => line.includes("redirect to") && !/\btcp\b/.test(line))).toEqual([]);
  });

  test("tells the proxy by mark where users are one", () => {
    expect(text({ identity: { mark: 1337 } })).toContain("meta mark 1337 return");
    expect(text({ identity: { mark: 1337 } })).not.toContain("skuid");
  });

  test("is cut into transactions of at most 2,000 elements; only the first replaces the table", () => {
    const raw4 = Array.from({ length: 4_500 }, (_, i) => `10.0.${i >> 8}.${i & 255}/32 . 80`);
    const transactions = compileRedirect(SETTINGS, { ...NO_SETS, raw4, raw6any: ["::/0"] });
    expect(transactions.map((t) => t.match(/\/32 \. 80/g)?.length)).toEqual([2_000, 2_000, 500]);
    expect(transactions.map((t) => t.includes("delete table"))).toEqual([true, false, false]);
    expect(transactions[2]).toContain("raw6any { ::/0 }");
    expect(addElements({ ...NO_SETS, raw4 })).toHaveLength(3);
  });
});

/** A throw-away network namespace, and for an ordinary user a user namespace around it. */
function inNamespace(script: string, input = "") {
  const { PATH = "" } = process.env;
  const env = { ...process.env, PATH: `${PATH}:/usr/sbin:/sbin` };
  return spawnSync("unshare", ["-Urn", "sh", "-ec", script], { input, encoding: "utf8", env });
}
const usable = inNamespace("nft list ruleset").status === 0;

describe.skipIf(!usable)("the kernel (needs unshare, nft and user namespaces)", () => {
  const load = (transactions: readonly string[]) =>
    inNamespace("nft -f - && nft list table inet sallyport", transactions.join(""));

  test.each([
    ["uid", {}],
    ["mark", { identity: { mark: 1337 } }],
    ["All", { mode: "All" }],
    ["IPv4 only", { ipv6: "refuse" }],
    ["no resolvers", { resolvers: [] }],
  ] as const)("takes the whole: %s", (_, changes) => {
    const sets = setsOf(
      "CIDR 203.0.113.0/24 tcp 9000",
      "IP 2001:db8::1 tcp 25",
      "CIDR 0.0.0.0/0 tcp",
      "CIDR ::/0 tcp",
      "CIDR 0.0.0.0/0 tcp 80",
      "CIDR ::/0 tcp 80",
    );
    const { status, stderr, stdout } = load(compileRedirect({ ...SETTINGS, ...changes }, sets));
    expect([status, stderr]).toEqual([0, ""]);
    for (const part of ["203.0.113.0/24 . 9000", "2001:db8::1 . 25", "redirect to :15003", "redirect to :15001"])
      expect(stdout).toContain(part);
  });

  test("law: takes the sets of every policy", () => {
    fc.assert(
      fc.property(effectivePolicy, (policy) => {
        const { status, stderr } = load(compileRedirect(SETTINGS, redirectSets(buildTable(policy))));
        expect([status, stderr]).toEqual([0, ""]);
      }),
      { numRuns: 20 },
    );
  });

  test("takes additions, a replacement, and the end, whether or not it is in force", () => {
    const first = text({}, setsOf("IP 10.0.0.1 tcp 80"));
    const added = addElements({ ...NO_SETS, raw4: ["10.0.0.2/32 . 80"], raw6any: ["2001:db8::/32"] }).join("");
    const run = (lines: string, i: number) => `nft -f - <<'E${i}'\n${lines}E${i}\nnft list ruleset; echo =\n`;
    const { status, stderr, stdout } = inNamespace(
      "sh -e",
      [removeRedirect(), first, added, first, removeRedirect()].map(run).join(""),
    );
    expect([status, stderr]).toEqual([0, ""]);
    const states = stdout.split("=\n").map((state) => state.replaceAll(/\s+/g, " "));
    expect(states.map((state) => /raw4 \{.*?elements = \{ (.*?) \}/.exec(state)?.[1])).toEqual([
      undefined,
      "10.0.0.1 . 80",
      "10.0.0.1 . 80, 10.0.0.2 . 80",
      "10.0.0.1 . 80",
      undefined,
      undefined,
    ]);
  });

  test.each([
    ["a workload's connection that nothing redirected does not leave", {}, 0],
    ["the proxy's own does", { identity: { uid: 0 } }, 1],
    ["one to a resolver does", { resolvers: [ip("198.51.100.9")] }, 1],
  ])("%s", (_, changes, packets) => {
    const { status, stdout, stderr } = inNamespace(
      `ip link add d0 type veth peer name d1; ip addr add 198.51.100.1/24 dev d0; ip link set d0 up; ip link set d1 up
       nft -f -
       nft flush chain inet sallyport outbound
       nft add table inet seen; nft add chain inet seen out '{ type filter hook postrouting priority 0; }'
       nft add rule inet seen out tcp dport 53 counter
       timeout 0.5 bash -c '</dev/tcp/198.51.100.9/53' 2>/dev/null || true
       nft list chain inet seen out`,
      text(changes),
    );
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`counter packets ${packets} `);
  });

  test("takes a batch of the largest elements in a user namespace", () => {
    const raw6 = Array.from(
      { length: 6_000 },
      (_, i) => `2001:db8:${i.toString(16)}:ffff:ffff:ffff:ffff:ffff/128 . 65535`,
    );
    const transactions = compileRedirect(SETTINGS, { ...NO_SETS, raw6 });
    const script = transactions.map((t, i) => `nft -f - <<'E${i}'\n${t}E${i}\n`).join("");
    const { status, stderr, stdout } = inNamespace(
      "sh -e; nft list set inet sallyport raw6 | grep -o 65535 | wc -l",
      script,
    );
    expect([status, stderr, stdout.trim()]).toEqual([0, "", "6000"]);
  });
});

function overlaps(a: string, b: string): boolean {
  const [blockA, portA] = a.split(" . ");
  const [blockB, portB] = b.split(" . ");
  if (portA !== portB) return false;
  const [x, y] = [parseCidr(blockA ?? ""), parseCidr(blockB ?? "")];
  if (!x.ok || !y.ok || x.value.family !== y.value.family) return false;
  const size = (prefix: number) => 1n << BigInt((x.value.family === 4 ? 32 : 128) - prefix);
  return x.value.base < y.value.base + size(y.value.prefix) && y.value.base < x.value.base + size(x.value.prefix);
}
