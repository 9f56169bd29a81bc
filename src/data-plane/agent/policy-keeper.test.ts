import { expect, test } from "vitest";
import { policyKeeper } from "./policy-keeper.ts";

const policy = (byte: number) => ({ policy: Buffer.from([byte]), extraHttpPorts: [], conflicts: [] });

test("what cannot be written now is written later, the last one alone, and the log says both", async () => {
  const said: string[] = [];
  const written: (number | undefined)[] = [];
  let tries = 0;
  const log = {
    info: (_: object, text: string) => void said.push(text),
    warn() {},
    error: (_: object, text: string) => void said.push(text),
  };
  const keeper = policyKeeper(
    (one) => {
      if (++tries < 5) throw new Error("ENOSPC");
      written.push(one.policy[0]);
    },
    log,
    5,
  );
  keeper.keep(policy(1));
  keeper.keep(policy(2));
  await expect.poll(() => written).toEqual([2]);
  expect(said.map((text) => text.slice(0, 14))).toEqual(["cannot keep th", "cannot keep th", "the policy in "]);
  keeper.keep(policy(3));
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(written).toEqual([2, 3]);
});
