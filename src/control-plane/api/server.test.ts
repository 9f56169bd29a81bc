import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Log } from "../log/index.ts";
import { Registry } from "../registry/index.ts";
import { StatusBook } from "../status/index.ts";
import { openFilesStore, openSqliteStore, type Store } from "../store/index.ts";
import { buildApi } from "./server.ts";

let folder = "";
let store: Store;
let app: FastifyInstance;
let routes: readonly string[] = [];
const errors: string[] = [];
const log: Log = { info() {}, warn() {}, error: (_fields, message) => errors.push(message) };

function build(opened: Store, zone?: string): void {
  store = opened;
  const context = { systemNamespace: "kuma-system", ...(zone === undefined ? {} : { zone }) };
  const registry = new Registry(store, context);
  ({ app, routes } = buildApi({ store, registry, status: new StatusBook(() => undefined), context, log }));
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-api-"));
  errors.length = 0;
  build(openSqliteStore(join(folder, "store.db"), log));
});
afterEach(async () => {
  await app.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const methods = { get: "GET", put: "PUT", remove: "DELETE" } as const;
async function call(method: keyof typeof methods, url: string, body?: unknown) {
  const payload = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
  const answer = await app.inject({ method: methods[method], url, ...(payload === undefined ? {} : { payload }) });
  const json: unknown = answer.body === "" ? undefined : JSON.parse(answer.body);
  return { status: answer.statusCode, json, headers: answer.headers };
}
const policy = (name: string, mode = "None", more: object = {}) => ({
  type: "MeshPassthrough",
  mesh: "default",
  name,
  ...more,
  spec: { default: { passthroughMode: mode } },
});
const dataplane = (name: string, service = "web") => ({
  type: "Dataplane",
  mesh: "default",
  name,
  networking: {
    address: "10.0.0.1",
    inbound: [{ port: 80, tags: { "kuma.io/service": service, version: "1" } }],
    transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound: 15001 },
  },
});
const putMesh = (name = "default") => call("put", `/meshes/${name}`, { type: "Mesh", name });
const putPolicy = (name: string, mode?: string, more?: object) =>
  call("put", `/meshes/default/meshpassthroughs/${name}`, policy(name, mode, more));

test("docs/reference/api.md describes every path, and none that does not exist", () => {
  const page = readFileSync(new URL("../../../docs/reference/api.md", import.meta.url), "utf8");
  const documented = [...page.matchAll(/^\| `([A-Z]+) (\/\S*)`/gm)].map(([, method, path]) => {
    return `${method} ${path?.replace(/\{(\w+)\}/g, ":$1")}`;
  });
  const answered = routes.filter((route) => !route.startsWith("HEAD "));
  expect(documented.sort()).toEqual(answered.sort());
});

test("docs/reference/api.md: the bodies that it shows are the answers, but for times and what stands for more", async () => {
  const page = readFileSync(new URL("../../../docs/reference/api.md", import.meta.url), "utf8");
  const shown = [...page.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(([, json = ""]) => JSON.parse(json));
  const [warned, item, enforced, status, refused, ...more] = shown;
  expect(more).toEqual([]);
  await putMesh();
  await call("put", "/meshes/default/dataplanes/web-1", {
    type: "Dataplane",
    mesh: "default",
    name: "web-1",
    networking: {
      address: "10.0.0.1",
      inbound: [{ port: 80, tags: { "kuma.io/service": "web" } }],
      transparentProxying: { redirectPortInbound: 15_006, redirectPortOutbound: 15_001 },
    },
  });
  const path = "/meshes/default/meshpassthroughs/allow-registry";
  const { creationTime: _, modificationTime: _too, labels: _labels, ...body } = item;
  const [rule] = body.spec.default.appendMatch;
  const withRule = (one: object) => ({
    ...body,
    spec: { ...body.spec, default: { ...body.spec.default, appendMatch: [one] } },
  });
  const [finding] = warned.diagnostics;
  expect((await call("put", path, withRule({ ...rule, protocl: "tls" }))).json).toMatchObject({
    warnings: warned.warnings,
    diagnostics: [{ ...finding, message: warned.warnings[0] }],
  });
  expect((await call("put", path, withRule({ ...rule, port: 70_000 }))).json).toEqual({
    ...refused,
    invalid_parameters: [{ ...refused.invalid_parameters[0], column: expect.any(Number) }],
  });
  await call("put", path, body);
  const time = expect.any(String);
  expect((await call("get", path)).json).toEqual({ ...item, creationTime: time, modificationTime: time });
  expect((await call("get", "/meshes/default/dataplanes/web-1/_effective")).json).toEqual(enforced);
  expect((await call("get", "/meshes/default/dataplanes/web-1/_status")).json).toEqual({
    ...status,
    isConnected: false,
    clients: [],
  });
});

describe("resources", () => {
  test("a new one is answered 201, a known one 200, both with an empty body; then it is there", async () => {
    expect(await putMesh()).toMatchObject({ status: 201, json: undefined });
    expect(await putPolicy("a")).toMatchObject({ status: 201, json: undefined });
    expect(await putPolicy("a", "All")).toMatchObject({ status: 200, json: undefined });
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const { json } = await call("get", "/meshes/default/meshpassthroughs/a");
    expect(json).toEqual({
      type: "MeshPassthrough",
      mesh: "default",
      name: "a",
      creationTime: time,
      modificationTime: time,
      labels: { "kuma.io/mesh": "default" },
      spec: { default: { passthroughMode: "All" } },
    });
  });

  test("what is left out stays left out, and what nothing here reads of a Mesh or a Dataplane is kept", async () => {
    await call("put", "/meshes/default", { type: "Mesh", name: "default", mtls: { enabledBackend: "ca" } });
    expect((await call("get", "/meshes/default")).json).toMatchObject({ mtls: { enabledBackend: "ca" } });
    const body = { ...dataplane("d"), metrics: { type: "prometheus", conf: { port: 1234 } } };
    await call("put", "/meshes/default/dataplanes/d", body);
    const { json } = await call("get", "/meshes/default/dataplanes/d");
    expect(json).toMatchObject({ networking: body.networking, metrics: body.metrics });
    await call("put", "/meshes/default/meshpassthroughs/e", {
      type: "MeshPassthrough",
      mesh: "default",
      name: "e",
      spec: {},
    });
    expect((await call("get", "/meshes/default/meshpassthroughs/e")).json).toMatchObject({ spec: { default: {} } });
  });

  test("labels are computed on every write, the same again for the same body", async () => {
    await app.close();
    await store.close();
    build(openSqliteStore(join(folder, "zone.db"), log), "east");
    await putMesh();
    const labels = {
      "kuma.io/env": "universal",
      "kuma.io/mesh": "default",
      "kuma.io/origin": "zone",
      "kuma.io/zone": "east",
      team: "core",
    };
    for (let n = 0; n < 2; n++) {
      await putPolicy("a", "None", { labels: { team: "core" } });
      expect((await call("get", "/meshes/default/meshpassthroughs/a")).json).toMatchObject({ labels });
    }
    const foreign = await putPolicy("b", "None", { labels: { "kuma.io/zone": "west" } });
    expect(foreign).toMatchObject({ status: 400, json: { invalid_parameters: [{ field: 'labels["kuma.io/zone"]' }] } });
  });

  test("a namespace, which Universal form has not, is refused", async () => {
    await putMesh();
    const { status, json } = await putPolicy("a", "None", { labels: { "k8s.kuma.io/namespace": "shop" } });
    expect(status).toBe(400);
    expect(json).toMatchObject({ invalid_parameters: [{ field: 'labels["k8s.kuma.io/namespace"]' }] });
    expect((await call("get", "/meshes/default/meshpassthroughs/a")).status).toBe(404);
  });

  test("a written role has no effect, and the writer is told", async () => {
    await putMesh();
    const { status, json } = await putPolicy("a", "None", { labels: { "kuma.io/policy-role": "consumer" } });
    expect(status).toBe(201);
    expect(json).toMatchObject({
      warnings: [expect.stringContaining("consumer")],
      diagnostics: [{ code: "W307-label-replaced" }],
    });
    const stored = await call("get", "/meshes/default/meshpassthroughs/a");
    expect(JSON.stringify(stored.json)).not.toContain("consumer");
  });

  test("a Dataplane on which nothing is enforced is taken, and the writer is told", async () => {
    await putMesh();
    const body = { ...dataplane("d"), networking: { ...dataplane("d").networking, transparentProxying: undefined } };
    const answer = await call("put", "/meshes/default/dataplanes/d", body);
    expect(answer).toMatchObject({ status: 201, json: { diagnostics: [{ code: "W305-not-enforced" }] } });
  });

  test("deleting answers 200 with an empty body, then 404", async () => {
    await putMesh();
    await putPolicy("a");
    expect(await call("remove", "/meshes/default/meshpassthroughs/a")).toMatchObject({ status: 200, json: undefined });
    expect(await call("remove", "/meshes/default/meshpassthroughs/a")).toMatchObject({
      status: 404,
      json: { type: "/std-errors", status: 404, title: "Could not delete a resource", detail: "Not found" },
    });
    expect(await call("get", "/meshes/default/meshpassthroughs/a")).toMatchObject({
      status: 404,
      json: { title: "Could not retrieve a resource" },
    });
  });

  test("with a mesh goes all that belongs to it, and nothing else", async () => {
    await putMesh();
    await putMesh("other");
    await putPolicy("a");
    await call("put", "/meshes/default/dataplanes/d", dataplane("d"));
    await call("put", "/meshes/other/meshpassthroughs/b", { ...policy("b"), mesh: "other" });
    await call("remove", "/meshes/default");
    expect((await call("get", "/meshpassthroughs")).json).toMatchObject({ total: 1, items: [{ name: "b" }] });
    expect((await call("get", "/dataplanes")).json).toMatchObject({ total: 0 });
  });

  test("a mesh that goes between the request and its turn takes the write with it", async () => {
    await putMesh();
    const write = store.write.bind(store);
    vi.spyOn(store, "write").mockImplementationOnce(async (plan) => {
      await write(() => ({
        writes: [{ kind: "delete", key: { type: "Mesh", mesh: "default", name: "default" } }],
        answer: 0,
      }));
      return write(plan);
    });
    expect(await putPolicy("a")).toMatchObject({ status: 404, json: { title: "Failed to retrieve Mesh" } });
    expect((await call("get", "/meshpassthroughs")).json).toMatchObject({ total: 0 });
  });
});

describe("what is refused", () => {
  test("a mesh that is not there", async () => {
    const missing = { status: 404, json: { title: "Failed to retrieve Mesh", detail: "Not found" } };
    expect(await putPolicy("a")).toMatchObject(missing);
    expect(await call("get", "/meshes/default/meshpassthroughs")).toMatchObject(missing);
  });

  test.each([
    ["no body", undefined, /^invalid MeshPassthrough object: "the body is empty"$/],
    ["not JSON", "{", /^invalid MeshPassthrough object: ".*JSON/],
    ["YAML", "type: MeshPassthrough", /not valid JSON/],
    ["no object", "[]", /not a JSON object/],
    ["a number", "1", /not a JSON object/],
  ])("%s", async (_what, body, detail) => {
    await putMesh();
    const answer = await call("put", "/meshes/default/meshpassthroughs/a", body);
    expect(answer).toMatchObject({
      status: 400,
      json: { title: "Bad Request", detail: expect.stringMatching(detail) },
    });
  });

  test("bytes that are no text", async () => {
    await putMesh();
    const payload = Buffer.from([0x7b, 0xff, 0x7d]);
    const answer = await app.inject({ method: "PUT", url: "/meshes/default/meshpassthroughs/a", payload });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ detail: expect.stringMatching(/not UTF-8/) });
  });

  test("every fault at once, each with field, reason, code, help and its place in the body", async () => {
    await putMesh();
    const body = JSON.stringify(
      {
        type: "MeshPassthrough",
        mesh: "other",
        name: "B",
        labels: { "a b": "c" },
        spec: { default: { appendMatch: [{ type: "Domain", value: "*.x", port: 0, protocol: "tcp" }] } },
      },
      null,
      1,
    );
    const { status, json } = await call("put", "/meshes/default/meshpassthroughs/a", body);
    expect(status).toBe(400);
    const { invalid_parameters: invalid, causes, ...rest } = json as Record<string, { field: string }[]>;
    expect(rest).toEqual({
      type: "/std-errors",
      status: 400,
      title: "Could not process a resource",
      detail: "Resource is not valid",
      details: "Resource is not valid",
    });
    expect(invalid?.map(({ field }) => field)).toEqual([
      "name",
      'labels["a b"]',
      "spec.default.appendMatch[0].port",
      "spec.default.appendMatch[0].protocol",
      "name",
      "mesh",
    ]);
    expect(invalid?.[2]).toMatchObject({
      code: "E101-port-out-of-range",
      line: 14,
      reason: expect.stringContaining("`0`"),
    });
    expect(causes?.map(({ field }) => field)).toEqual(invalid?.map(({ field }) => field));
  });

  test("the type of another path, the Kubernetes form, and a list", async () => {
    await putMesh();
    const put = async (body: object) => (await call("put", "/meshes/default/meshpassthroughs/a", body)).json;
    expect(await put(dataplane("a"))).toMatchObject({ invalid_parameters: [{ field: "type" }] });
    expect(await put({ ...policy("a"), type: "TrafficPermission" })).toMatchObject({
      invalid_parameters: [{ field: "type" }],
    });
    const kubernetes = {
      apiVersion: "kuma.io/v1alpha1",
      kind: "MeshPassthrough",
      metadata: { name: "a", namespace: "x", labels: { "kuma.io/mesh": "default" } },
      spec: {},
    };
    expect(await put(kubernetes)).toMatchObject({ invalid_parameters: [{ field: "apiVersion" }] });
    expect(await put({ items: [policy("a"), policy("b")] })).toMatchObject({ status: 400 });
    expect((await call("get", "/meshpassthroughs")).json).toMatchObject({ total: 0 });
  });

  test("a body that is too large", async () => {
    const answer = await call("put", "/meshes/default", `{"x":"${"y".repeat(17_000_000)}"}`);
    expect(answer).toMatchObject({ status: 413, json: { type: "/std-errors" } });
  });

  test("other methods and other paths", async () => {
    const post = await app.inject({ method: "POST", url: "/meshes/default/dataplanes" });
    expect([post.statusCode, post.headers.allow, post.json().title]).toEqual([405, "GET, HEAD", "Method not allowed"]);
    expect(await call("get", "/meshes/default/meshtrafficpermissions")).toMatchObject({
      status: 404,
      json: { title: "Not found" },
    });
    expect((await app.inject({ method: "GET", url: "/meshes/%zz" })).json()).toMatchObject({
      type: "/std-errors",
      status: 400,
    });
  });

  test("a fault of ours says nothing of itself but in the log", async () => {
    await store.close();
    const answer = await putMesh();
    expect(answer).toMatchObject({ status: 500, json: { title: "Internal error" } });
    expect(JSON.stringify(answer.json)).not.toContain("closed");
    expect(errors).toEqual([expect.stringContaining("the store is closed")]);
  });
});

describe("lists", () => {
  beforeEach(async () => {
    await putMesh();
    await putMesh("other");
    for (const name of ["c", "a", "b"]) await putPolicy(name);
    await call("put", "/meshes/other/meshpassthroughs/a", { ...policy("a"), mesh: "other" });
  });
  const names = async (url: string) => {
    const { json } = await call("get", url);
    const { total, items, next } = json as {
      total: number;
      items: { mesh: string; name: string }[];
      next: string | null;
    };
    return { total, names: items.map(({ mesh, name }) => `${mesh}/${name}`), next };
  };

  test("are sorted by mesh and name, of one mesh or of all", async () => {
    expect(await names("/meshpassthroughs")).toEqual({
      total: 4,
      names: ["default/a", "default/b", "default/c", "other/a"],
      next: null,
    });
    expect(await names("/meshes/other/meshpassthroughs")).toEqual({ total: 1, names: ["other/a"], next: null });
    expect(await names("/meshes?name=oth")).toMatchObject({ total: 1 });
  });

  test("come in pages, each with the address of the next", async () => {
    const first = await names("/meshpassthroughs?size=3&name=");
    expect(first).toMatchObject({ total: 4, names: ["default/a", "default/b", "default/c"] });
    expect(first.next).toMatch(/^http:\/\/localhost(:80)?\/meshpassthroughs\?size=3&name=&offset=3$/);
    const { pathname, search } = new URL(first.next ?? "");
    expect(await names(pathname + search)).toEqual({ total: 4, names: ["other/a"], next: null });
    expect(await names("/meshpassthroughs?size=4")).toMatchObject({ next: null });
    expect(await names("/meshpassthroughs?size=2&offset=9")).toEqual({ total: 4, names: [], next: null });
    expect(await names("/meshpassthroughs?size=0&offset=3")).toMatchObject({ total: 4, next: null });
  });

  test.each([
    ["size=x", "Invalid page size", "invalid format"],
    ["size=-1", "Invalid page size", "invalid format"],
    ["size=1001", "Invalid page size", "invalid page size of 1001. Maximum page size is 1000"],
    ["offset=x", "Invalid offset", "invalid format"],
    ["offset=-1", "Invalid offset", "invalid format"],
  ])("refuse `%s`", async (query, title, reason) => {
    const answer = await call("get", `/meshpassthroughs?${query}`);
    expect(answer).toMatchObject({ status: 400, json: { title, invalid_parameters: [{ reason }] } });
  });

  test("of Dataplanes can be asked for by tags and gateway", async () => {
    await call("put", "/meshes/default/dataplanes/w", dataplane("w"));
    await call("put", "/meshes/default/dataplanes/v", dataplane("v", "other"));
    const gateway = { address: "10.0.0.2", gateway: { type: "DELEGATED", tags: { "kuma.io/service": "gw" } } };
    await call("put", "/meshes/default/dataplanes/g", {
      type: "Dataplane",
      mesh: "default",
      name: "g",
      networking: gateway,
    });
    expect((await names("/dataplanes?tag=kuma.io/service:web")).names).toEqual(["default/w"]);
    expect((await names("/dataplanes?tag=version:1&tag=kuma.io/service:other")).names).toEqual(["default/v"]);
    expect((await names("/dataplanes?gateway=false")).total).toBe(2);
    expect((await names("/dataplanes?gateway=delegated")).names).toEqual(["default/g"]);
    expect((await call("get", "/dataplanes?gateway=x")).status).toBe(400);
    expect((await call("get", "/dataplanes?tag=x")).status).toBe(400);
  });
});

describe("what a proxy enforces", () => {
  test("is shown with the policy of every value", async () => {
    await putMesh();
    await call("put", "/meshes/default/dataplanes/w", dataplane("w"));
    expect((await call("get", "/meshes/default/dataplanes/w/_effective")).json).toMatchObject({
      enforced: true,
      mode: { value: "All", from: "mesh" },
    });
    const appendMatch = [{ type: "IP", value: "10.0.0.9", protocol: "tcp" }];
    await call("put", "/meshes/default/meshpassthroughs/p", {
      ...policy("p"),
      spec: { default: { passthroughMode: "Matched", appendMatch } },
    });
    expect((await call("get", "/meshes/default/dataplanes/w/_effective")).json).toEqual({
      proxy: "w",
      mesh: "default",
      enforced: true,
      mode: { value: "Matched", from: "p" },
      rules: [{ type: "IP", value: "10.0.0.9", protocol: "tcp", from: "p#0" }],
      policies: [{ mesh: "default", name: "p", displayName: "p" }],
    });
    expect((await call("get", "/meshes/default/dataplanes/w/_status")).json).toEqual({
      isConnected: false,
      clients: [],
    });
    expect((await call("get", "/meshes/default/dataplanes/x/_effective")).status).toBe(404);
    expect((await call("get", "/meshes/default/dataplanes/x/_status")).status).toBe(404);
  });
});

describe("on files", () => {
  beforeEach(async () => {
    await app.close();
    await store.close();
    writeFileSync(
      join(folder, "a.yaml"),
      `${JSON.stringify({ type: "Mesh", name: "default" })}\n---\n${JSON.stringify(policy("a"))}`,
    );
  });

  test("nothing can be written, and the answer says where to change it", async () => {
    build(openFilesStore(folder, { systemNamespace: "kuma-system" }, log));
    const refused = { status: 405, json: { title: "Method not allowed", detail: expect.stringContaining(folder) } };
    expect(await putPolicy("a", "All")).toMatchObject(refused);
    expect(await putMesh()).toMatchObject(refused);
    expect(await call("remove", "/meshes/default/meshpassthroughs/a")).toMatchObject(refused);
    expect((await call("get", "/meshes/default/meshpassthroughs/a")).json).toMatchObject({
      spec: { default: { passthroughMode: "None" } },
    });
    expect((await call("get", "/ready")).json).toEqual({ status: "ready" });
  });

  test("faults at the start: not ready, with the reason; nothing is said of what proxies enforce", async () => {
    writeFileSync(join(folder, "b.yaml"), "{[");
    writeFileSync(join(folder, "d.json"), JSON.stringify(dataplane("d")));
    build(openFilesStore(folder, { systemNamespace: "kuma-system" }, log));
    expect(await call("get", "/ready")).toMatchObject({
      status: 503,
      json: { detail: expect.stringMatching(/b\.yaml` has faults/) },
    });
    expect(await call("get", "/meshes/default/dataplanes/d/_effective")).toMatchObject({ status: 503 });
    expect(await call("get", "/health")).toMatchObject({ status: 200 });
  });
});
