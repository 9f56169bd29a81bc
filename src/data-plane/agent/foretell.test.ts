import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connection, connectionNear, effectivePolicy } from "../../../test/laws/arbitraries.ts";
import { enough } from "../../../test/laws/enough.ts";
import { endpoint, kernel } from "../../../test/laws/kernel.ts";
import { decide } from "../../policy/decide/index.ts";
import {
  type Connection,
  type EffectivePolicy,
  formatConnection,
  type RevocationMode,
} from "../../policy/model/index.ts";
import { openConnections } from "../report/index.ts";
import { type TcpPair, tupleKey } from "../sockets/index.ts";
import type { CutLine, RevocationSettings } from "./cut-doomed.ts";
import { revocation as makeRevocation } from "./revocation.ts";

vi.mock("node:timers/promises", () => ({ setTimeout: () => Promise.resolve() })); // the second look comes at once
beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] }));
afterEach(() => void vi.useRealTimers());

/** A sidecar with these connections open, each as its policy admitted it; and some whose beginning nobody saw. */
function scene(what: readonly Connection[], before: EffectivePolicy, revocation: RevocationMode, isRaw: boolean) {
  const connections = openConnections(1_000);
  const { sockets, opens, ...told } = kernel();
  const lines: CutLine[] = [];
  const settings: RevocationSettings = {
    ...{ connections, ...told },
    ...{ rawPort: 15_003, revocation, ports: () => [15_001, 15_003] },
    report: (line) => void lines.push(line),
    log: { info() {}, warn() {}, error() {} },
  };
  const revoke = makeRevocation(settings);
  const pairOf = (port: number, own: string): TcpPair => ({ own: endpoint(own), peer: endpoint(`10.0.0.1:${port}`) });
  const admitted = what.filter((one) => decide(before, one).kind === "allow");
  for (const [i, { destination }] of admitted.entries())
    if (i % 5 === 4) opens(pairOf(5_000 + i, "127.0.0.1:15001"), destination);
  revoke.adopt();
  for (const [i, one] of admitted.entries()) {
    const { destination } = one;
    const isOpaque = decide(before, { kind: "opaque", destination }).kind === "allow";
    const pair = pairOf(1_000 + i, isRaw && isOpaque ? "127.0.0.1:15003" : "127.0.0.1:15001");
    opens(pair, destination);
    if (one.kind === "http")
      connections.take({ kind: "request started", pair, destination, startedAt: 1, request: one });
    else {
      const name = one.kind === "tls" ? one.serverName : undefined;
      const named = name === undefined || pair.own.port === 15_003 ? {} : { serverName: name };
      connections.take({ kind: "connected", pair, destination, startedAt: 1, ...named });
    }
    if (i % 3 === 0) opens(pairOf(9_000 + i, "127.0.0.1:15001"), destination); // idle
  }
  return { revoke, lines, sockets };
}

const mode: fc.Arbitrary<RevocationMode> = fc.oneof(
  fc.constant<RevocationMode>({ kind: "cut" }),
  fc.constant<RevocationMode>({ kind: "keep" }),
  fc.integer({ min: 1, max: 60 }).map((seconds): RevocationMode => ({ kind: "drain", seconds })),
);
const withMode = fc
  .tuple(effectivePolicy, fc.option(mode, { nil: undefined }))
  .map(([policy, revocation]) => (revocation === undefined ? policy : { ...policy, revocation }));
/** Changes as people make them: some rules go, or it is another policy. */
const change = withMode.chain((a) =>
  fc.tuple(
    fc.constant(a),
    fc.oneof(
      withMode,
      fc
        .tuple(fc.subarray([...a.rules]), withMode)
        .map(([rules, b]) => ({ ...b, mode: a.mode, enforced: a.enforced, rules })),
    ),
  ),
);
const many = change.chain(([a, b]) =>
  fc.record({
    ...{ a: fc.constant(a), b: fc.constant(b), last: withMode, otherwise: mode, isRaw: fc.boolean() },
    what: fc.array(fc.oneof(connection, ...[...a.rules, ...b.rules].map(({ value }) => connectionNear(value))), {
      minLength: 5,
      maxLength: 25,
    }),
  }),
);

test("law: what is foretold of each open connection is what revocation does to it, change after change", async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(many, async ({ a, b, last, otherwise, isRaw, what }) => {
      const { revoke, lines, sockets } = scene(what, a, otherwise, isRaw);
      let before = a;
      for (const after of [b, last]) {
        const said = revoke.foretell(before, after);
        expect(said.length).toBe(sockets.size);
        lines.length = 0;
        await revoke.changed({ before, after, at: Date.now() });
        await revoke.idle();
        const told = [...said].map(({ fate }) => fate.kind);
        for (const kind of told) seen.set(kind, (seen.get(kind) ?? 0) + 1);
        const gone = said.filter(({ pair }) => !sockets.has(tupleKey(pair)));
        expect(gone.map(({ fate }) => fate.kind).filter((kind) => kind !== "cut")).toEqual([]);
        expect(gone.length).toBe(told.filter((kind) => kind === "cut").length);
        expect(revoke.counts.draining).toBe(told.filter((kind) => kind === "drains").length);
        const reasons = (kind: string) =>
          said.flatMap(({ fate }) =>
            fate.kind === kind && "what" in fate && fate.what ? [formatConnection(fate.what)] : [],
          );
        const reported = (kind: string) => lines.flatMap((line) => (line.kind === kind ? [line.connection ?? ""] : []));
        expect(
          reported("cut")
            .filter((text) => text !== "")
            .sort(byText),
        ).toEqual(reasons("cut").sort(byText));
        for (const text of reported("kept")) if (text !== "") expect(reasons("kept")).toContain(text);
        before = after;
      }
    }),
    { numRuns: 300 },
  );
  for (const kind of ["cut", "decided later", "drains", "kept", "stays"])
    expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(enough(0));
}, 60_000);

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
