import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { matched } from "../../../test/laws/builders.ts";
import type { EffectivePolicy } from "../../policy/model/index.ts";
import { replaceFile } from "../host/index.ts";
import { attribution } from "./attribution.ts";
import { type DeniedBecause, deniedCounters } from "./denied-counters.ts";
import { ledger } from "./ledger.ts";
import { type LedgerFile, ledgerText, readLedger } from "./ledger-file.ts";
import { ruleCounters } from "./rule-counters.ts";

const SINCE = 1_000;
const rowsOf = (counters: ReturnType<typeof ruleCounters>, policy: EffectivePolicy) =>
  counters
    .rows(policy)
    .map(({ rule, since, count }) => [rule.written.value, since, count?.hits ?? 0, count?.only ?? 0]);

test("hits of a rule survive edits round it; a new rule has its own beginning", () => {
  const before = matched("Domain a.test tls 443", "Domain *.b.test tls 443");
  const after = matched("IP 10.0.0.1 tcp", "Domain A.TEST. tls 443");
  const counters = ruleCounters(SINCE);
  counters.hit(attribution(before), [0], 5_000);
  counters.hit(attribution(before), [0, 1], 4_000);
  counters.changed({ before, after, at: 9_000 });
  expect(rowsOf(counters, after)).toEqual([
    ["10.0.0.1", 9_000, 0, 0],
    ["A.TEST.", SINCE, 2, 1],
  ]);
  counters.hit(attribution(after), [1], 10_000);
  const again = ruleCounters(SINCE, JSON.parse(JSON.stringify(counters.save())));
  expect(again.rows(after)[1]?.count).toEqual({ hits: 3, only: 2, first: 4_000, last: 10_000 });
  again.changed({ before: after, after: before, at: 11_000 });
  expect(rowsOf(again, before)).toEqual([
    ["a.test", SINCE, 3, 2],
    ["*.b.test", 11_000, 1, 0],
  ]);
});

test("a rule that a policy has twice is one rule", () => {
  const policy = matched("Domain a.test tls", "Domain a.test tls");
  const counters = ruleCounters(SINCE);
  counters.hit(attribution(policy), [0, 1], 2_000);
  expect(rowsOf(counters, policy).map(([, , hits, only]) => [hits, only])).toEqual([
    [1, 1],
    [1, 1],
  ]);
});

test("counts of rules that are gone are bounded, the oldest go first", () => {
  const none = matched();
  const counters = ruleCounters(SINCE);
  let policy = none;
  for (let i = 0; i < 2_500; i++) {
    const next = matched(`Domain x${i}.test tls`);
    counters.changed({ before: policy, after: next, at: i });
    policy = next;
    counters.hit(attribution(next), [0], i);
  }
  const { counts, added } = counters.save();
  expect([counts.length, added.length]).toEqual([1_001, 1]);
  expect(counts.some(([key]) => key.includes("x2499.test"))).toBe(true);
});

const denied = (connection: string | undefined, at: number, because: DeniedBecause = "no rule") => ({
  ...{ because, destination: "203.0.113.7:443", answer: "reset", at },
  ...(connection !== undefined && { connection }),
});

test("denials of one name are one place, whatever its address; those without a name go by address", () => {
  const counters = deniedCounters();
  counters.count(denied("tls://a.test:443@203.0.113.7", 5));
  counters.count(denied("tls://a.test:443@203.0.113.8", 7));
  counters.count(denied("tls://:443@203.0.113.7", 1));
  counters.count(denied("tls://:443@203.0.113.8", 1));
  counters.count(denied(undefined, 1, "malformed"));
  expect(counters.places().map(({ connection, count, first, last }) => [connection, count, first, last])).toEqual([
    ["tls://a.test:443@203.0.113.8", 2, 5, 7],
    ["tls://:443@203.0.113.7", 1, 1, 1],
    ["tls://:443@203.0.113.8", 1, 1, 1],
    [undefined, 1, 1, 1],
  ]);
  expect([...counters.byReason]).toEqual([
    ["no rule", 4],
    ["malformed", 1],
  ]);
});

test("a million different denials take bounded memory, none is left out of the total, and the frequent ones stay", () => {
  const counters = deniedCounters();
  for (let i = 0; i < 100_000; i++) {
    counters.count(denied(`tls://scan${i}.test:443@203.0.113.7`, i));
    if (i % 10 === 0) counters.count(denied("tls://often.test:443@203.0.113.7", i));
  }
  counters.count(denied(`http://${"x".repeat(100_000)}:80@203.0.113.7`, 1));
  const places = counters.places();
  expect(places.length).toBeLessThanOrEqual(1_000);
  expect(places[0]).toMatchObject({ connection: "tls://often.test:443@203.0.113.7", count: 10_000 });
  expect(counters.total).toBe(110_001);
  expect(places.reduce((sum, { count }) => sum + count, 0) + counters.others).toBe(110_001);
  expect(JSON.stringify(counters.save()).length).toBeLessThan(400_000);
  const again = deniedCounters(JSON.parse(JSON.stringify(counters.save())));
  expect([again.total, again.others, again.places()]).toEqual([counters.total, counters.others, places]);
});

test("the file is read back as it was written; a damaged one is no file", () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-ledger-"));
  const path = join(folder, "counts.json");
  expect(readLedger(path)).toBe("none");
  const content: LedgerFile = {
    ledger: ledger(undefined, SINCE).save(),
    position: { inode: 7, offset: 9 },
    read: { ofEnvoy: 1, ever: 2 },
    lost: { ofEnvoy: 0, ever: 0 },
    unread: 0,
    cut: 0,
    atLimit: 0,
    linesWaiting: 0,
  };
  replaceFile(path, ledgerText(content));
  expect(readLedger(path)).toMatchObject(JSON.parse(JSON.stringify(content)));
  writeFileSync(path, readFileSync(path, "utf8").replace('"ever":2', '"ever":3'));
  expect(readLedger(path)).toBe("unusable");
  writeFileSync(path, "");
  expect(readLedger(path)).toBe("unusable");
  rmSync(folder, { recursive: true });
});
