/**
 * An agent that only counts, for `killed-agent.test.ts`: killed with -9 at its n-th step on the file system, before it,
 * after it, or half way through what it writes. Says what it
 * has counted on standard output, when it has read all there was, and `reopen` to Envoy.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { Writable } from "node:stream";
import { ledger } from "./hits/index.ts";
import { records, savedCounts } from "./records.ts";
import { lineSink } from "./report/index.ts";

const [folder = "", ledgerPath = "", dieAt = "0"] = process.argv.slice(2);
let step = 0;
const dieIfDue = () => {
  if (++step === Number(dieAt)) process.kill(process.pid, "SIGKILL");
};

type Call = (...given: unknown[]) => unknown;
/** Whatever leaves a trace, and reading. */
const KILLING: readonly string[] = ["openSync", "readSync", "renameSync", "unlinkSync", "rmSync", "writeFileSync"];
for (const name of KILLING) {
  const real: Call = Reflect.get(fs, name);
  const killing: Call = (...given) => {
    dieIfDue();
    if (name === "writeFileSync" && step + 1 === Number(dieAt)) real(given[0], String(given[1]).slice(0, 50));
    if (name === "writeFileSync") dieIfDue();
    const result = real(...given);
    dieIfDue();
    return result;
  };
  Reflect.set(fs, name, killing);
}
syncBuiltinESMExports(); // those who have imported them by name get these from here on

const silent = { info() {}, warn() {}, error() {} };
const saved = savedCounts(ledgerPath, silent);
const counts = ledger(saved?.ledger, 0);
let read = saved?.read.ever ?? 0;
const kept = records({
  ...{ folder, ledgerPath, saved, log: silent },
  sink: lineSink(new Writable({ write: (_part, _encoding, done) => done() }), true),
  take(lines) {
    for (const line of lines) {
      read++;
      counts.admitted.mode++;
      counts.admitted.unexplained += Number(/^record (\d+)$/.exec(line)?.[1] ?? Number.NaN);
    }
    if (read % 2 === 0) kept.keepSoon(); // at once: so it is in the middle of it when it is killed
    tell();
  },
  counted: () => ({ ledger: counts.save(), cut: 0, atLimit: 0, read, unread: 0 }),
  envoy: () => undefined,
  missing() {},
  reopen: async () => void process.stdout.write("reopen\n"),
  rotateAfter: 400,
});
const tell = () => process.stdout.write(`${JSON.stringify([counts.admitted.mode, counts.admitted.unexplained])}\n`);
tell();
await kept.catchUp();
process.stdout.write("caught up\n");
kept.envoyRuns(true);
process.stdin.on("end", () => void kept.close().then(() => process.exit(0))).resume();
