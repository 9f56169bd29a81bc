import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type AdsClient, connectAds, encodeResource, resourceSet, TYPE_URLS } from "../../xds/index.ts";
import { type EnvoyFeed, type EnvoySnapshot, serveEnvoy } from "./envoy-feed.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-feed-"));
const socketPath = join(folder, "agent.sock");
let feed: EnvoyFeed | undefined;
let envoy: AdsClient | undefined;
let ends = 0;

afterEach(async () => {
  envoy?.stop();
  await feed?.stop();
  rmSync(folder, { recursive: true });
});

const snapshot = (text: string): EnvoySnapshot => ({
  clusters: new Map(),
  listeners: resourceSet([encodeResource(TYPE_URLS.listener, "mp:out", Buffer.from(text))]),
  routes: new Map(),
});

/** An Envoy that ends whenever it is given `deadly`, and is started again. */
function startEnvoy(deadly: string): void {
  const client = connectAds({
    address: { kind: "unix", path: socketPath },
    node: { id: "envoy", cluster: "" },
    subscriptions: new Map([
      [TYPE_URLS.cluster, []],
      [TYPE_URLS.listener, []],
    ]),
    accept: async ({ resources }) => {
      if (!resources.some(({ value }) => Buffer.from(value).toString() === deadly)) return { ok: true };
      ends++;
      client.stop();
      setTimeout(() => startEnvoy(deadly), 10);
      return new Promise(() => {});
    },
  });
  envoy = client;
}

test("what kills Envoy each time counts as rejected, and the last good one is in force again", async () => {
  const log = { info() {}, warn() {}, error() {} };
  feed = await serveEnvoy({ socketPath, onConnected() {}, onDisconnected() {}, log });
  startEnvoy("deadly");
  expect(await feed.offer(snapshot("good"))).toEqual({ kind: "accepted" });
  expect(await feed.offer(snapshot("deadly"))).toEqual({
    kind: "rejected",
    why: "it ended each time it was given this",
  });
  expect(ends).toBe(3);
  expect(feed.isSettled).toBe(true);
  expect(await feed.offer(snapshot("better"))).toEqual({ kind: "accepted" });
});
