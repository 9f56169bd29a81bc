import { resolve } from "node:path";
import { expect, test } from "vitest";
import { readSettings, SettingsError } from "./settings.ts";

const fine = { store: "files:policies", api: "127.0.0.1:5681", xds: "unix:/tmp/x.sock" };

test("settings are read", () => {
  expect(readSettings({ ...fine, zone: "east" })).toEqual({
    store: { kind: "files", folder: resolve("policies") },
    api: { kind: "tcp", host: "127.0.0.1", port: 5681 },
    xds: { kind: "unix", path: "/tmp/x.sock" },
    context: { systemNamespace: "kuma-system", zone: "east" },
  });
});

test("all faults are told at once", () => {
  try {
    readSettings({ store: "x", api: "0.0.0.0:1", xds: "nowhere", zone: "East", systemNamespace: "" });
    expect.unreachable();
  } catch (error) {
    const faults = error instanceof SettingsError ? error.faults : [];
    expect(faults.map(({ setting }) => setting)).toEqual(["store", "api", "xds", "zone", "systemNamespace"]);
  }
});

test.each([
  [{ store: "postgres://host/db" }, /PostgreSQL is not supported yet/],
  [{ store: "postgresql://host/db" }, /PostgreSQL is not supported yet/],
  [{ store: "sqlite:" }, /write `sqlite:FILE` or `files:FOLDER`/],
  [{ api: "10.0.0.1:5681" }, /other hosts/],
  [{ xds: fine.api }, /the address of `api` too/],
  [{ api: fine.xds }, /the address of `api` too/],
  [{ zone: "a.b" }, /no name/],
])("refused: %j", (change, message) => {
  expect(() => readSettings({ ...fine, ...change })).toThrow(message);
});
