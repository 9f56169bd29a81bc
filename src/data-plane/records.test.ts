import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterAll, expect, test } from "vitest";
import { type LedgerFile, ledger, readLedger } from "./hits/index.ts";
import { records } from "./records.ts";
import { lineSink } from "./report/index.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-records-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("an agent that is killed while it still reads what was written leaves the Envoy's name: what that one lost is counted", async () => {
  const counts = ledger(undefined, 0);
  const saved: LedgerFile = {
    ...{ ledger: counts.save(), envoy: "boot 1 2", read: { ofEnvoy: 5, ever: 7 }, lost: { ofEnvoy: 1, ever: 1 } },
    ...{ unread: 0, cut: 0, atLimit: 0, linesWaiting: 0 },
  };
  const ledgerPath = join(folder, "counts.json");
  writeFileSync(join(folder, "access.log"), "one\ntwo\n");
  let read = saved.read.ever;
  const kept = records({
    ...{ folder, ledgerPath, saved, log: { info() {}, warn() {}, error() {} }, missing() {} },
    sink: lineSink(new Writable({ write: (_part, _encoding, done) => done() }), true),
    take: (lines) => {
      read += lines.length;
    },
    counted: () => ({ ledger: counts.save(), cut: 0, atLimit: 0, read, unread: 0 }),
    envoy: () => undefined,
    reopen: async () => {},
  });
  await kept.catchUp();
  expect(readLedger(ledgerPath)).toMatchObject({
    envoy: "boot 1 2",
    read: { ofEnvoy: 7, ever: 9 },
    lost: { ofEnvoy: 1 },
  });
  await kept.close();
});
