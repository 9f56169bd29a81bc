import { expect, test } from "vitest";
import { policyNamed } from "../../../test/laws/builders.ts";
import { endpoint, kernel } from "../../../test/laws/kernel.ts";
import type { RevocationMode } from "../../policy/model/index.ts";
import { openConnections, type PassedConnection } from "../report/index.ts";
import { formatEndpoint, type TcpPair, tupleKey } from "../sockets/index.ts";
import type { CutLine, RevocationSettings } from "./cut-doomed.ts";
import { revocation as makeRevocation } from "./revocation.ts";

const policyOf = policyNamed("p");

const pairOf = (peerPort: number): TcpPair => ({
  own: endpoint("127.0.0.1:15001"),
  peer: endpoint(`10.0.0.1:${peerPort}`),
});

const A = "tls Domain a.test 443";
const B = "tls Domain b.test 443";

function scene(revocation: RevocationMode = { kind: "cut" }) {
  const { sockets, opens: opensTo, ...told } = kernel();
  const lines: CutLine[] = [];
  const connections = openConnections(100);
  const settings: RevocationSettings = {
    ...{ connections, ...told },
    rawPort: 15_003,
    revocation,
    ports: () => [15_001],
    report: (line) => void lines.push(line),
    log: { info() {}, warn() {}, error() {} },
  };
  const opens = (pair: TcpPair, destination: string) => opensTo(pair, endpoint(destination));
  /** A connection with a socket and a record. */
  const connects = (peerPort: number, destination: string, serverName: string, startedAt: number): PassedConnection => {
    const [pair, to] = [pairOf(peerPort), endpoint(destination)];
    opens(pair, destination);
    const taken = connections.take({ kind: "connected", pair, destination: to, startedAt, serverName });
    if (taken === undefined) throw new Error("no room");
    return taken;
  };
  const open = () =>
    [...sockets.values()].map(({ socket, destination }) => `${socket.peer.port} ${formatEndpoint(destination)}`);
  return { revoke: makeRevocation(settings), connects, opens, open, lines, sockets };
}

test("what a change forbids is cut, that alone, and once", async () => {
  const { revoke, connects, open, lines } = scene();
  connects(1, "203.0.113.1:443", "a.test", 5);
  connects(2, "203.0.113.1:443", "b.test", 5);
  await revoke.changed({ before: policyOf("Matched", A, B), after: policyOf("Matched", B), at: 10 });
  expect(open()).toEqual(["2 203.0.113.1:443"]);
  await revoke.idle();
  expect(lines.map(({ connection, outcome }) => [connection, outcome])).toEqual([
    ["tls://a.test:443@203.0.113.1", "cut"],
  ]);
});

test("a connection that uses the ports of one that was cut stays, also before the end of the other is told", async () => {
  const { revoke, connects, opens, open } = scene();
  const { pair } = connects(1, "203.0.113.1:443", "a.test", 5);
  await revoke.changed({ before: policyOf("Matched", A, B), after: policyOf("Matched", B), at: 10 });
  opens(pair, "203.0.113.1:443");
  await revoke.idle();
  expect(open()).toEqual(["1 203.0.113.1:443"]);
});

test("a connection that uses the ports of one that ended by itself stays", async () => {
  const { revoke, connects, opens, open } = scene();
  const { pair } = connects(1, "203.0.113.1:443", "a.test", 5);
  opens(pair, "203.0.113.2:443");
  await revoke.changed({ before: policyOf("Matched", A, B), after: policyOf("Matched", B), at: 10 });
  await revoke.idle();
  expect(open()).toEqual(["1 203.0.113.2:443"]);
});

test("what began while a change was on its way is judged by both policies until it is settled", async () => {
  const { revoke, connects, open, lines } = scene();
  const [one, both] = [policyOf("Matched", A), policyOf("Matched", A, B)];
  await revoke.changed({ before: policyOf("Matched"), after: one, at: 10 });
  revoke.begins(both);
  await revoke.late(connects(2, "203.0.113.1:443", "b.test", 12));
  await revoke.late(connects(3, "203.0.113.1:443", "c.test", 12));
  expect(open()).toEqual(["2 203.0.113.1:443"]);
  await revoke.changed({ before: one, after: both, at: 13 });
  await revoke.idle();
  expect(open()).toEqual(["2 203.0.113.1:443"]);
  expect(lines).toHaveLength(1);
});

test("what only a refused policy would have admitted is cut when it is refused", async () => {
  const { revoke, connects, open } = scene();
  const one = policyOf("Matched", A);
  await revoke.changed({ before: policyOf("Matched"), after: one, at: 10 });
  revoke.begins(policyOf("Matched", A, B));
  await revoke.late(connects(2, "203.0.113.1:443", "b.test", 12));
  await revoke.stays();
  expect(open()).toEqual([]);
});

const AND_B = policyOf("Matched", A, B);
const ONLY_B = policyOf("Matched", B);

test("keep: reported once, and cut when a later policy is stricter", async () => {
  const { revoke, connects, open, lines } = scene({ kind: "keep" });
  connects(1, "203.0.113.1:443", "a.test", 5);
  await revoke.changed({ before: AND_B, after: ONLY_B, at: 10 });
  await revoke.idle();
  expect(open()).toHaveLength(1);
  expect(lines.map(({ kind, connection }) => [kind, connection])).toEqual([["kept", "tls://a.test:443@203.0.113.1"]]);
  expect(revoke.counts).toEqual({ draining: 0, drained: 0, kept: 1 });
  await revoke.changed({ before: ONLY_B, after: { ...ONLY_B, revocation: { kind: "cut" } }, at: 20 });
  expect(open()).toEqual([]);
  expect(lines.map(({ kind }) => kind)).toEqual(["kept", "cut"]);
});

test("drain: cut when its time is over; what ended in it was drained", async () => {
  const { revoke, connects, open, lines, sockets } = scene({ kind: "drain", seconds: 1 });
  connects(1, "203.0.113.1:443", "a.test", 5);
  const { pair } = connects(2, "203.0.113.1:443", "a.test", 6);
  await revoke.changed({ before: AND_B, after: ONLY_B, at: 10 });
  expect([open().length, revoke.counts.draining]).toEqual([2, 2]);
  sockets.delete(tupleKey(pair));
  await expect.poll(() => open().length, { timeout: 5_000 }).toBe(0);
  await expect.poll(() => revoke.counts).toEqual({ draining: 0, drained: 1, kept: 0 });
  expect(lines.map(({ kind }) => kind)).toEqual(["draining", "draining", "cut"]);
});

test("drain: what is allowed again is not cut; what has less time is hurried", async () => {
  const { revoke, connects, open } = scene({ kind: "drain", seconds: 1 });
  connects(1, "203.0.113.1:443", "a.test", 5);
  await revoke.changed({ before: AND_B, after: ONLY_B, at: 10 });
  await revoke.changed({ before: ONLY_B, after: AND_B, at: 20 });
  expect(revoke.counts.draining).toBe(0);
  const long = { ...ONLY_B, revocation: { kind: "drain", seconds: 3_600 } } as const;
  await revoke.changed({ before: AND_B, after: long, at: 30 });
  expect([open().length, revoke.counts.draining]).toEqual([1, 1]);
  await revoke.changed({ before: long, after: ONLY_B, at: 40 });
  await expect.poll(() => open().length, { timeout: 5_000 }).toBe(0);
});

test("what an earlier agent left half done is judged again", async () => {
  const { revoke, connects, open } = scene();
  connects(1, "203.0.113.1:443", "a.test", 5);
  connects(2, "203.0.113.1:443", "b.test", 5);
  await revoke.review(ONLY_B);
  expect(open()).toEqual(["2 203.0.113.1:443"]);
});

test("what nobody saw, for its record was lost, is cut by the changes of that time, and no others", async () => {
  const { revoke, connects, opens, open } = scene();
  connects(1, "203.0.113.1:443", "a.test", 5);
  opens(pairOf(2), "203.0.113.2:443");
  const change = (before: string[], after: string[]) =>
    revoke.changed({ before: policyOf("Matched", ...before), after: policyOf("Matched", ...after), at: 10 });
  await change([A], [A, B]);
  await revoke.blind(); // nothing was taken away
  expect(open()).toEqual(["1 203.0.113.1:443", "2 203.0.113.2:443"]);
  opens(pairOf(3), "203.0.113.3:443");
  await change([A, B], [A]);
  await revoke.idle();
  expect(open()).toEqual(["1 203.0.113.1:443"]);
  opens(pairOf(4), "203.0.113.4:443");
  await revoke.blind(); // it may have begun before the change
  expect(open()).toEqual(["1 203.0.113.1:443"]);
});
