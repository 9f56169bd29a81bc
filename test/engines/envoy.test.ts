import { beforeAll, expect, test } from "vitest";
import { type CaseFile, loadCases, titleOf } from "./cases.ts";
import { gapsOf } from "./gaps.ts";
import { startProduct } from "./product.ts";
import { describeReal, envoys, middleEnvoy } from "./requirements.ts";
import { type Outcome, sendCases } from "./send-cases.ts";

/** What became of a file; a fault is why its cases could not be sent. */
type Result =
  | { readonly outcomes: readonly Outcome[]; readonly draining: readonly number[] }
  | { readonly fault: string };

const ownerOf = ({ proxy }: CaseFile): string => `${proxy.dataplane.meta.mesh}/${proxy.dataplane.meta.name}`;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

// Where nothing is enforced there is nothing to send through: `decide` alone says so.
const enforced = loadCases()
  .files.filter(({ proxy }) => proxy.effective.enforced === true)
  .sort((a, b) => compare(ownerOf(a), ownerOf(b))); // a sidecar belongs to one proxy: few change-overs

/** Lines move when a file is edited. */
const withoutLine = (title: string): string => title.replace(/:\d+ /, ": ");

const DRAINING = ["listener_manager.total_listeners_draining", "listener_manager.total_filter_chains_draining"];

/** Most of the time is spent waiting for time-outs: several products side by side share the files. */
const PRODUCTS = 3;

/** Of every so many files the middle release gets one. */
const SLICE = 3;
const runs = [
  ...envoys.map((envoy) => ({ ...envoy, files: enforced })),
  { ...middleEnvoy, files: enforced.filter((_, i) => i % SLICE === 0) },
];

for (const { name, binary, missing, files } of runs)
  describeReal(`cases through the ${name}`, missing, () => {
    const gaps = gapsOf(name);
    const results = new Map<CaseFile, Result>();
    beforeAll(async () => {
      const queue = files.values();
      await Promise.all(Array.from({ length: PRODUCTS }, () => work(binary, queue, results)));
    }, 300_000);

    test("every known gap names a case", () => {
      const titles = new Set(files.flatMap((file) => file.cases.map((one) => withoutLine(titleOf(file, one)))));
      expect(gaps.filter(({ title }) => !titles.has(title))).toEqual([]);
    });

    test.each(files.map((file, i) => ({ file, title: `${file.name} (${file.cases.length}) ${i}` })))(
      "$title",
      ({ file }) => {
        const result = results.get(file) ?? { fault: "it was not reached" };
        if ("fault" in result) throw new Error(result.fault);
        const isGap = (title: string): boolean => gaps.some((gap) => withoutLine(title) === gap.title);
        const wrong = result.outcomes.filter(({ title, problems }) => problems.length > 0 && !isGap(title));
        expect(wrong.flatMap(({ title, problems }) => [title, ...problems])).toEqual([]);
        const closed = result.outcomes.filter(({ title, problems }) => problems.length === 0 && isGap(title));
        expect(closed, "these gaps are closed: delete them from the list").toEqual([]);
        expect(result.draining, DRAINING.join()).toEqual([0, 0]);
      },
    );
  });

/** One product, long-lived, takes files from the queue until there are none. */
async function work(envoy: string, queue: Iterator<CaseFile>, results: Map<CaseFile, Result>): Promise<void> {
  const product = await startProduct({ envoy });
  try {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      const file = next.value;
      const result = async (): Promise<Result> => {
        await product.enforce(file.resources, file.proxy.dataplane);
        const draining = await product.envoyStats(DRAINING);
        return { outcomes: await sendCases(product.testbed, file), draining };
      };
      results.set(file, await result().catch((error: Error) => ({ fault: error.message })));
    }
  } finally {
    await product.close();
  }
}
