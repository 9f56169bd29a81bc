import { afterAll, beforeAll, expect, test } from "vitest";
import { type CaseFile, loadCases } from "./cases.ts";
import { gapsOf } from "./gaps.ts";
import { type Product, startProduct } from "./product.ts";
import { describeReal, envoys } from "./requirements.ts";
import { sendCases } from "./send-cases.ts";

const ownerOf = ({ proxy }: CaseFile): string => `${proxy.dataplane.meta.mesh}/${proxy.dataplane.meta.name}`;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

// Where nothing is enforced there is nothing to send through: `decide` alone says so.
const enforced = loadCases()
  .files.filter(({ proxy }) => proxy.effective.enforced === true)
  .sort((a, b) => compare(ownerOf(a), ownerOf(b))); // a sidecar belongs to one proxy: few change-overs

const DRAINING = ["listener_manager.total_listeners_draining", "listener_manager.total_filter_chains_draining"];

for (const { name, binary, missing } of envoys)
  describeReal(`cases through the ${name}`, missing, () => {
    const gaps = gapsOf(name);
    let product: Product;
    beforeAll(async () => {
      product = await startProduct({ envoy: binary });
    });
    afterAll(() => product?.close());

    test.each(enforced.map((file, i) => ({ file, title: `${file.name} (${file.cases.length}) ${i}` })))(
      "$title",
      async ({ file }) => {
        await product.enforce(file.resources, file.proxy.dataplane);
        expect(await product.envoyStats(DRAINING), DRAINING.join()).toEqual([0, 0]);
        const outcomes = await sendCases(product.testbed, file);
        const isGap = (title: string): boolean => gaps.some((gap) => title.replace(/:\d+ /, ": ") === gap.title);
        const wrong = outcomes.filter(({ title, problems }) => problems.length > 0 && !isGap(title));
        expect(wrong.flatMap(({ title, problems }) => [title, ...problems])).toEqual([]);
        const closed = outcomes.filter(({ title, problems }) => problems.length === 0 && isGap(title));
        expect(
          closed.map(({ title }) => title),
          "these gaps are closed: delete them from the list",
        ).toEqual([]);
      },
    );
  });
