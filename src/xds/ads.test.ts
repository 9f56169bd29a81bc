import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, credentials, type handleUnaryCall } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type Acceptance,
  type Address,
  type AdsClient,
  type AdsServerSettings,
  connectAds,
  encodeResource,
  formatAddress,
  type RunningAdsServer,
  resourceSet,
  type Snapshot,
  serveAds,
  TYPE_URLS,
} from "./index.ts";

const TYPE = TYPE_URLS.effectivePolicy;
const bytes = (text: string) => new TextEncoder().encode(text);
const snapshotOf = (text: string): Snapshot =>
  new Map([[TYPE, resourceSet([encodeResource(TYPE, "default/web", bytes(text))])]]);

let folder = "";
let address: Address;
let stops: (() => unknown)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-xds-"));
  address = { kind: "unix", path: join(folder, "sub", "ads.sock") };
});
afterEach(async () => {
  for (const stop of stops.reverse()) await stop();
  stops = [];
  rmSync(folder, { recursive: true, force: true });
});

async function server(snapshot: () => Snapshot, more: Partial<AdsServerSettings> = {}): Promise<RunningAdsServer> {
  const running = await serveAds({ listen: address, snapshotFor: snapshot, ...more });
  stops.push(() => running.stop());
  return running;
}

/** A client that keeps what it accepts, and rejects what starts with `bad`. */
function client(at: Address = address): { got: string[]; events: string[]; ads: AdsClient } {
  const got: string[] = [];
  const events: string[] = [];
  const ads = connectAds({
    address: at,
    node: { id: "default.web", cluster: "web" },
    subscriptions: new Map([[TYPE, ["default/web"]]]),
    accept: async ({ resources }): Promise<Acceptance> => {
      const text = resources.map(({ value }) => new TextDecoder().decode(value)).join();
      if (text.startsWith("bad")) return { reject: `no: ${text}` };
      got.push(text);
      return { ok: true };
    },
    onConnected: () => events.push("connected"),
    onDisconnected: () => events.push("disconnected"),
  });
  stops.push(() => ads.stop());
  return { got, events, ads };
}

const soon = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 5 });

describe("ADS over a path socket", () => {
  test("updates arrive, are acknowledged or rejected, and the hooks tell who did", async () => {
    let text = "one";
    const heard: string[] = [];
    const running = await server(() => snapshotOf(text), {
      onStream: (stream) => heard.push(`stream ${stream.node.id}`),
      onAck: (_stream, _type, _version, names) => heard.push(`ack ${names}`),
      onNack: (_stream, _type, _version, message, names) => heard.push(`nack ${names} ${message}`),
      onClose: (stream) => heard.push(`close ${stream.node.id}`),
    });
    const { got, ads } = client();
    await soon(() => expect(heard).toContain("ack default/web"));
    text = "bad two";
    running.changed();
    await soon(() => expect(heard).toContain("nack default/web no: bad two"));
    text = "three";
    running.changed();
    await soon(() => expect(got).toEqual(["one", "three"]));
    ads.stop();
    await soon(() => expect(heard.at(-1)).toBe("close default.web"));
    expect(heard[0]).toBe("stream default.web");
  });

  test("a client outlives its server, keeps what it has, and is not sent it again", async () => {
    const { got, events } = client();
    await soon(() => expect(events).toContain("disconnected"));
    let running = await server(() => snapshotOf("one"));
    await soon(() => expect(got).toEqual(["one"]));
    await running.stop();
    await soon(() => expect(events.at(-1)).toBe("disconnected"));
    const heard: string[] = [];
    let text = "one";
    running = await server(() => snapshotOf(text), { onAck: (_stream, _type, version) => heard.push(version) });
    await soon(() => expect(heard.length).toBe(1));
    expect(got).toEqual(["one"]);
    text = "two";
    running.changed();
    await soon(() => expect(got).toEqual(["one", "two"]));
  });

  test("an update of 20 MB arrives", async () => {
    const text = "x".repeat(20_000_000);
    await server(() => snapshotOf(text));
    const { got } = client();
    await soon(() => expect(got.length).toBe(1));
    expect(got[0] === text).toBe(true);
  });

  test("what is not ADS's is served beside it", async () => {
    const asIs = (message: Buffer) => message;
    const echo = {
      path: "/test.Echo/Echo",
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    };
    await server(() => new Map(), {
      services: (grpc) => {
        const answer: handleUnaryCall<Buffer, Buffer> = (call, reply) => reply(null, call.request);
        grpc.addService({ echo }, { echo: answer });
      },
    });
    const grpc = new Client(formatAddress(address), credentials.createInsecure());
    stops.push(() => grpc.close());
    const answer = await new Promise((settle, fail) => {
      grpc.makeUnaryRequest(echo.path, asIs, asIs, Buffer.from("hello"), (error, value) =>
        error === null ? settle(value) : fail(error),
      );
    });
    expect(String(answer)).toBe("hello");
  });
});

describe("the socket's path", () => {
  test("only this user may connect, and a new folder is this user's alone", async () => {
    await server(() => new Map());
    const path = address.kind === "unix" ? address.path : "";
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "sub")).mode & 0o777).toBe(0o700);
  });

  test("a socket on which a process listens is not taken from it", async () => {
    await server(() => new Map());
    await expect(serveAds({ listen: address, snapshotFor: () => new Map() })).rejects.toThrow(/already listens/);
  });

  test("a file that is no socket is not removed", async () => {
    const path = join(folder, "file");
    writeFileSync(path, "mine");
    await expect(serveAds({ listen: { kind: "unix", path }, snapshotFor: () => new Map() })).rejects.toThrow(
      /no socket/,
    );
    expect(existsSync(path)).toBe(true);
  });

  test("after a stop the path is free", async () => {
    const running = await serveAds({ listen: address, snapshotFor: () => new Map() });
    await running.stop();
    expect(address.kind === "unix" && existsSync(address.path)).toBe(false);
  });

  test("on a port of loopback it works as well, and a taken port is refused with its address", async () => {
    address = { kind: "tcp", host: "127.0.0.1", port: 0 };
    const running = await server(() => snapshotOf("one"));
    const { got } = client(running.address);
    await soon(() => expect(got).toEqual(["one"]));
    await expect(serveAds({ listen: running.address, snapshotFor: () => new Map() })).rejects.toThrow(
      /127\.0\.0\.1:\d+/,
    );
  });
});

test("a server that accepts, says nothing and dies is tried again", async () => {
  const accepted: Socket[] = [];
  const silent = createServer((socket) => accepted.push(socket));
  await new Promise<void>((done) => silent.listen(0, "127.0.0.1", () => done()));
  stops.push(() => new Promise((done) => silent.close(done)));
  const at = silent.address();
  const port = typeof at === "object" && at !== null ? at.port : 0;
  const { events } = client({ kind: "tcp", host: "127.0.0.1", port });
  await soon(() => expect(accepted.length).toBe(1));
  accepted[0]?.destroy();
  await soon(() => expect(accepted.length).toBe(2));
  expect(events).toEqual(["disconnected"]);
  for (const socket of accepted) socket.destroy();
});
