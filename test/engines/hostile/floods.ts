/** Much at once, by the names that docs/reference/hostile-input.md gives it. */
import { FLAGS, fields, frame, get, OPENING, TYPES } from "./http2-frames.ts";
import type { Scene } from "./scene.ts";

export interface Flood {
  readonly name: string;
  /** Resolves while it lasts: connections stay open. */
  attack(scene: Scene): Promise<void>;
  /** To {@link FLOODED} alone, and nothing in it is allowed. */
  readonly isDenied: boolean;
}

/** Where denied floods go. */
export const FLOODED = "203.0.113.200";
const DENIED = { ip: FLOODED, port: 80 };
const BODY = "POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 1000000\r\n\r\n";

const flood = (name: string, isDenied: boolean, attack: Flood["attack"]): Flood => ({ name, isDenied, attack });
const streams = (count: number, one: (stream: number) => string): string =>
  Array.from({ length: count }, (_, i) => one(2 * i + 1)).join("");

export const FLOODS: readonly Flood[] = [
  // those that take little first: memory that Envoy had once it does not take again
  flood("2,000 half-open connections: the last packet of the handshake never comes", false, async ({ attack, bed }) => {
    const drop = "tcp dport 20000-21999 tcp flags & (syn | ack) == syn | ack drop";
    const rules = `table inet half { chain in { type filter hook input priority -300; ${drop}; }; }`;
    await bed.testbed.namespaces.workload.run(["nft", rules]);
    const to = { ip: "203.0.113.201", port: 443 };
    const seen = await attack({ to, steps: [], waitMs: 500, count: 2_000, fromPort: 20_000, keep: true });
    if (seen.some(({ end }) => end !== "connecting")) throw new Error("a connection was made all the same");
  }),
  flood("300 bodies of which a byte comes each 100 ms", false, async ({ attack }) => {
    const drip = { send: "x".repeat(20), bytes: 1, everyMs: 100 };
    const to = { ip: "203.0.113.202", port: 80 };
    await attack({ to, steps: [{ send: BODY }, drip], waitMs: 100, count: 300, keep: true });
  }),
  flood("200 answers of 1 MiB that nobody reads", false, async ({ attack }) => {
    const steps = [{ deaf: true }, { send: "x".repeat(1 << 20) }];
    await attack({ to: { ip: "203.0.113.203", port: 9_000 }, steps, waitMs: 3_000, count: 200, keep: true });
  }),
  flood("4 HTTP/2 connections with 100,000 empty data frames", false, async ({ attack }) => {
    const pseudo = [
      [":method", "POST"],
      [":scheme", "http"],
      [":path", "/"],
      [":authority", "a.example.com"],
    ] as const;
    const all = frame(TYPES.headers, FLAGS.endHeaders, 1, fields(pseudo)) + frame(TYPES.data, 0, 1).repeat(100_000);
    const to = { ip: "203.0.113.205", port: 80 };
    await attack({ to, steps: [{ send: OPENING + all }], waitMs: 2_000, count: 4, keep: true });
  }),
  flood("4 HTTP/2 connections with 50,000 requests, each reset at once", true, async ({ attack }) => {
    const reset = (stream: number) => frame(TYPES.reset, 0, stream, "\0\0\0\x08");
    const all = streams(50_000, (stream) => get(stream, "evil.test") + reset(stream));
    await attack({ to: DENIED, steps: [{ send: OPENING + all }], waitMs: 2_000, count: 4, keep: true });
  }),
  flood("1,500 connections with half a request of 10 kB", true, async ({ attack }) => {
    const half = `GET / HTTP/1.1\r\nX: ${"a".repeat(10_000)}`;
    await attack({ to: DENIED, steps: [{ send: half }], waitMs: 500, count: 1_500, keep: true });
  }),
  flood("4,000 connections that say nothing", true, async ({ attack }) => {
    for (let wave = 0; wave < 4; wave++) {
      const seen = await attack({ to: DENIED, steps: [], waitMs: 4_000, count: 1_000, keep: true });
      if (seen.some(({ end }) => end !== "held")) throw new Error("a connection was refused below the limit");
    }
  }),
  flood(
    "20 HTTP/2 connections with 1,000 requests each, to 10 destinations that do not answer",
    false,
    async (scene) => {
      const drop = "ip daddr 203.0.113.208/28 tcp flags & (syn | ack) == syn drop";
      const rules = `table inet hole { chain in { type filter hook input priority -300; ${drop}; }; }`;
      await scene.bed.testbed.namespaces.world.run(["nft", rules]);
      const steps = [{ send: OPENING + streams(1_000, (stream) => get(stream, "a.example.com")) }];
      for (let i = 0; i < 10; i++)
        await scene.attack({ to: { ip: `203.0.113.${208 + i}`, port: 80 }, steps, waitMs: 200, count: 2, keep: true });
    },
  ),
];
