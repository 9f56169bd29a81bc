import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RevocationMode } from "../../policy/model/index.ts";
import { Registry } from "../registry/index.ts";
import { StatusBook } from "../status/index.ts";
import { openSqliteStore, type Store } from "../store/index.ts";
import { buildApi } from "./server.ts";

let folder = "";
let store: Store;
let app: FastifyInstance;
const log = { info() {}, warn() {}, error() {} };

function build(revocation?: RevocationMode): void {
  const context = { systemNamespace: "kuma-system" };
  const parts = { store, registry: new Registry(store, context), status: new StatusBook(() => undefined) };
  ({ app } = buildApi({ ...parts, context, log, ...(revocation !== undefined && { revocation }) }));
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-api-"));
  store = openSqliteStore(join(folder, "store.db"), log);
  build();
});
afterEach(async () => {
  await app.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function call(method: "get" | "put" | "post", url: string, body?: unknown) {
  const payload = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
  const answer = await app.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
  const json: unknown = answer.body === "" ? undefined : JSON.parse(answer.body);
  return { status: answer.statusCode, json };
}
const dataplane = {
  ...{ type: "Dataplane", mesh: "default", name: "web-1" },
  networking: {
    address: "10.0.0.1",
    inbound: [{ port: 80, tags: { "kuma.io/service": "web" } }],
    transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound: 15001 },
  },
};

describe("what a change would do to open connections", () => {
  const path = "/meshes/default/dataplanes/web-1/_impact";
  const rule = (value: string) => ({ type: "Domain", value, port: 443, protocol: "tls" });
  const matched = (name: string, ...values: readonly string[]) => ({
    ...{ type: "MeshPassthrough", mesh: "default", name },
    spec: { default: { passthroughMode: "Matched", appendMatch: values.map(rule) } },
  });
  beforeEach(async () => {
    await call("put", "/meshes/default", { type: "Mesh", name: "default" });
    await call("put", "/meshes/default/dataplanes/web-1", dataplane);
    await call("put", "/meshes/default/meshpassthroughs/a", matched("a", "a.test"));
    await call("put", "/meshes/default/meshpassthroughs/b", matched("b", "b.test"));
  });

  test("of resources that would be written, and policies that would go; and nothing is written", async () => {
    const before = (await call("get", "/meshpassthroughs")).json;
    const { status, json } = await call("post", path, matched("a", "c.test"));
    expect(status).toBe(200);
    expect(json).toMatchObject({
      ...{ proxy: "web-1", mesh: "default", revocation: "cut", revocationFrom: "setting" },
      denied: [{ text: "TLS on port 443 to a.test", open: ["open connections are cut"] }],
      allowed: [{ text: "TLS on port 443 to c.test" }],
    });
    expect((await call("post", `${path}?delete=b`)).json).toMatchObject({
      denied: [{ text: "TLS on port 443 to b.test" }],
      allowed: [],
    });
    expect((await call("get", "/meshpassthroughs")).json).toEqual(before);
  });

  test("as YAML, in Kubernetes form too, with the revocation that a policy says", async () => {
    const yaml = `
type: MeshPassthrough
mesh: default
name: a
labels: { sallyport.io/revocation: drain-30s }
spec: { default: { passthroughMode: None } }
---
apiVersion: kuma.io/v1alpha1
kind: Mesh
metadata: { name: default }
`;
    expect((await call("post", path, yaml)).json).toMatchObject({
      ...{ revocation: "drain 30s", revocationFrom: "policy" },
      denied: [{ open: ["open connections have 30 s to end, then they are cut"] }],
    });
  });

  test("the control plane's own revocation is taken where no policy says one", async () => {
    await app.close();
    build({ kind: "keep" });
    expect((await call("post", `${path}?delete=a`)).json).toMatchObject({
      ...{ revocation: "keep", revocationFrom: "setting" },
      denied: [{ open: ["open connections go on until they end by themselves"] }],
    });
  });

  test("faults are told, all at once", async () => {
    const bad = { ...matched("a", "-"), mesh: "default" };
    expect(await call("post", path, bad)).toMatchObject({ status: 400, json: { invalid_parameters: [{}] } });
    for (const [query, body] of [
      ["", undefined],
      ["?delete=none", undefined],
      ["", { ...matched("a", "a.test"), mesh: "other" }],
    ] as const)
      expect((await call("post", `${path}${query}`, body)).status).toBe(400);
    expect((await call("post", "/meshes/default/dataplanes/none/_impact", matched("a"))).status).toBe(404);
  });
});
