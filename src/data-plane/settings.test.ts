import { expect, test } from "vitest";
import { defaultIdentity } from "./host/index.ts";
import { checkSettings, type SidecarSettings } from "./settings.ts";

const GOOD: SidecarSettings = {
  mesh: "default",
  name: "web-1",
  stateFolder: "/run/x",
  redirect: "install",
  resolvers: [],
  identity: { kind: "mark", mark: 7 },
};

test("defaults fill what is left out", () => {
  const settings = checkSettings({
    ...GOOD,
    controlPlane: "unix:/run/cp.sock",
    resolvers: ["192.0.2.1", "2001:db8::1"],
  });
  expect(settings).toMatchObject({ rawPort: 15_003, concurrency: 2, envoyLogLevel: "warning", maxHeapBytes: 2 ** 30 });
  expect(settings.controlPlane).toEqual({ kind: "unix", path: "/run/cp.sock" });
  expect(settings.resolvers).toHaveLength(2);
  expect(checkSettings({ ...GOOD, redirect: "none" }).rawPort).toBeUndefined();
});

test("every fault is told at once", () => {
  const bad: SidecarSettings = {
    ...{
      mesh: "",
      name: "a/b",
      stateFolder: "",
      redirect: "install",
      rawListener: false,
      concurrency: 0,
      maxConnections: 1e9,
    },
    ...{
      outboundPort: 0,
      rawPort: 70_000,
      envoyLogLevel: "loud",
      resolvers: ["dns.test"],
      controlPlane: "10.0.0.1:5678",
    },
    ...{ identity: { kind: "mark", mark: -1 }, maxHeapBytes: 0.5 },
  };
  const faults = [
    /mesh and/,
    /no slash/,
    /folder/,
    /above 0/,
    /`0` is no port/,
    /`70000`/,
    /raw listener/,
    /worker threads/,
    /`loud`/,
    /too many/,
    /heap/,
    /dns\.test/,
    /other hosts/,
  ];
  for (const fault of faults) expect(() => checkSettings(bad)).toThrow(fault);
});

test("both listeners on one port are refused", () => {
  expect(() => checkSettings({ ...GOOD, outboundPort: 15_003 })).toThrow(/both listeners/);
  expect(checkSettings({ ...GOOD, outboundPort: 15_003, redirect: "none" }).fixedOutboundPort).toBe(15_003);
});

test("a uid of its own where there are several, a mark where there is one, and otherwise the only one it can be", () => {
  expect(defaultIdentity("         0          0 4294967295\n", 0)).toEqual({ kind: "uid", uid: 5678 });
  expect(defaultIdentity("         0       1000          1\n", 0)).toMatchObject({ kind: "mark" });
  expect(defaultIdentity("         0       1000          1\n         1     100000      65536\n", 0)).toEqual({
    kind: "uid",
    uid: 5678,
  });
  expect(defaultIdentity("         0          0 4294967295\n", 1000)).toEqual({ kind: "uid", uid: 1000 });
});
