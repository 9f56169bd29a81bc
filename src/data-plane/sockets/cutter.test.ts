import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { resetRules } from "./cutter.ts";
import { endpointOf } from "./tcp-socket.ts";

const PROGRAM = fileURLToPath(new URL("cut-in-namespace.testprogram.ts", import.meta.url));
const isRoot = process.getuid?.() === 0;
const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

/** Who cuts, in a network namespace that ends with the command. */
const CUTTERS: Readonly<Record<string, readonly string[]>> = {
  ...(isRoot && { root: ["unshare", "--net"] }),
  "an ordinary user": [...(isRoot ? NOBODY : []), "unshare", "--user", "--map-root-user", "--net"],
};

function run(entry: readonly string[], mode: "destroy" | "refuse"): Record<string, unknown> {
  const script = 'ip link set lo up; exec "$0" "$@"';
  const [program = "", ...args] = [...entry, "sh", "-c", script, process.execPath, PROGRAM, mode];
  const { stdout, stderr, status } = spawnSync(program, args, { encoding: "utf8", timeout: 30_000 });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

describe.each(Object.entries(CUTTERS))("as %s", (_, entry) => {
  test("the chosen connections are reset, v4 and v6, and no other notices", () => {
    expect(run(entry, "destroy")).toMatchObject({
      open: 4,
      keys: 4,
      first: ["cut", "cut"],
      again: ["gone", "gone"],
      ends: ["ECONNRESET", "alive", "ECONNRESET", "alive"],
    });
  });

  test("a cookie of another socket with the same addresses destroys nothing", () => {
    expect(run(entry, "destroy").wrongCookie).toEqual(["gone", "gone"]);
  });

  test("where the kernel destroys no sockets, the packet filter resets them at their next byte", () => {
    expect(run(entry, "refuse")).toMatchObject({
      first: ["pending", "pending"],
      ends: ["ECONNRESET", "alive", "ECONNRESET", "alive"],
    });
  });
});

test.runIf(isRoot)("without privilege the connections are kept, and the operator is told why", () => {
  const report = run([...NOBODY, "--inh-caps=-all"], "destroy");
  expect(report).toMatchObject({ first: ["kept", "kept"], ends: ["alive", "alive", "alive", "alive"] });
  expect(String(report.messages)).toMatch(/not permitted/);
});

test("the reset rule names both directions and lets the reset itself pass", () => {
  const [own, peer] = [endpointOf("127.0.0.1:15001"), endpointOf("10.0.0.1:40000")];
  if (own === undefined || peer === undefined) throw new Error("impossible");
  const text = resetRules([{ own, peer }]);
  expect(text).toContain("{ 10.0.0.1 . 40000 . 127.0.0.1 . 15001, 127.0.0.1 . 15001 . 10.0.0.1 . 40000 }");
  expect(text).toContain("tcp flags & rst == 0");
});
