import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, credentials, Server, ServerCredentials, type ServiceError } from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { encodeDeltaRequest } from "./delta-wire.ts";
import {
  type Acceptance,
  type Address,
  type AdsServerSettings,
  connectDelta,
  encodeResource,
  formatAddress,
  resourceSet,
  serveAds,
  TYPE_URLS,
} from "./index.ts";
import { ADS_PATHS } from "./serve.ts";

const TYPE = TYPE_URLS.effectivePolicy;
const NAME = "default/web";
const LINES = Array.from({ length: 5_000 }, (_, i) => `line ${i}`);
const snapshotOf = (text: string) =>
  new Map([[TYPE, resourceSet([encodeResource(TYPE, NAME, new TextEncoder().encode(text))])]]);

let folder = "";
let address: Address;
let stops: (() => unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-delta-"));
  address = { kind: "unix", path: join(folder, "ads.sock") };
});
afterEach(async () => {
  for (const stop of stops.reverse()) await stop();
  stops = [];
  rmSync(folder, { recursive: true, force: true });
});

async function server(text: () => string, hooks: Partial<AdsServerSettings> = {}) {
  const running = await serveAds({ listen: address, snapshotFor: () => snapshotOf(text()), ...hooks });
  stops.push(() => running.stop());
  return running;
}

function client() {
  const [got, ends]: [string[], string[]] = [[], []];
  const ads = connectDelta({
    ...{ address, node: { id: "default.web", cluster: "web" }, type: TYPE, name: NAME },
    accept: async (value): Promise<Acceptance> => {
      const text = new TextDecoder().decode(value);
      if (text.startsWith("bad")) return { reject: `no: ${text}` };
      got.push(text);
      return { ok: true };
    },
    onDisconnected: (reason) => ends.push(reason),
  });
  stops.push(() => ads.stop());
  return { got, ends, ads };
}

const soon = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

test("updates arrive whole, are acknowledged or rejected, and the hooks tell who did; nothing is sent twice", async () => {
  let text = LINES.join("\n");
  const heard: string[] = [];
  const hooks: Partial<AdsServerSettings> = {
    onStream: (stream) => heard.push(`stream ${stream.node.id}`),
    onSubscribe: (_stream, type, names) => heard.push(`${type === TYPE} ${names}`),
    onAck: (_stream, _type, _version, names) => heard.push(`ack ${names}`),
    onNack: (_stream, _type, _version, message, names) => heard.push(`nack ${names} ${message}`),
    onClose: (stream) => heard.push(`close ${stream.node.id}`),
  };
  let running = await server(() => text, hooks);
  const { got, ads } = client();
  await soon(() => expect(heard).toEqual(["stream default.web", `true ${NAME}`, `ack ${NAME}`]));
  text = "bad two";
  running.changed();
  await soon(() => expect(heard.at(-1)).toBe(`nack ${NAME} no: bad two`));
  text = [...LINES, "three"].join("\n");
  running.changed();
  await soon(() => expect(heard.at(-1)).toBe(`ack ${NAME}`));
  expect(got).toEqual([LINES.join("\n"), text]);
  await running.stop();
  heard.length = 0;
  running = await server(() => text, hooks);
  await soon(() => expect(heard.at(-1)).toBe(`ack ${NAME}`));
  expect(got.length).toBe(2);
  ads.stop();
  await soon(() => expect(heard.at(-1)).toBe("close default.web"));
});

test("a server that does not know the method is said to be too old, and is tried again", async () => {
  const old = new Server();
  await new Promise<void>((done, fail) =>
    old.bindAsync(formatAddress(address), ServerCredentials.createInsecure(), (error) =>
      error === null ? done() : fail(error),
    ),
  );
  stops.push(() => old.forceShutdown());
  const { ends } = client();
  await soon(() => expect(ends.length).toBe(2));
  expect(ends[0]).toMatch(/does not serve incremental xDS: a control plane must not be older than its agents/);
});

test("a type that is served whole only is refused, and so is what is no request", async () => {
  await server(() => "one");
  const said = (message: Uint8Array) =>
    new Promise<string>((done) => {
      const grpc = new Client(formatAddress(address), credentials.createInsecure());
      stops.push(() => grpc.close());
      const asIs = (bytes: Buffer) => bytes;
      const call = grpc.makeBidiStreamRequest(ADS_PATHS.delta, asIs, asIs);
      call.on("error", ({ details }: ServiceError) => done(details));
      call.write(Buffer.from(message));
    });
  const request = { subscribe: [], unsubscribe: [], initial: new Map<string, string>(), nonce: "" };
  expect(await said(encodeDeltaRequest({ ...request, type: TYPE_URLS.listener }))).toBe(
    `\`${TYPE_URLS.listener}\` is served whole: use StreamAggregatedResources`,
  );
  expect(await said(Uint8Array.of(0xff))).toBe("not a DeltaDiscoveryRequest");
});
