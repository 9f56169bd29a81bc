import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Log } from "../log/index.ts";
import { openFilesStore } from "./files-store.ts";
import type { Store, StoreChange } from "./store.ts";

let folder = "";
let store: Store | undefined;
let lines: string[] = [];
const log: Log = {
  info() {},
  warn: (_fields, message) => lines.push(`warning ${message}`),
  error: (_fields, message) => lines.push(`error ${message}`),
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-files-"));
  lines = [];
});
afterEach(async () => {
  await store?.close();
  store = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const open = (): Store => {
  store = openFilesStore(folder, { systemNamespace: "kuma-system" }, log);
  return store;
};
const policy = (name: string, mode = "None", mesh = "default") =>
  `type: MeshPassthrough\nmesh: ${mesh}\nname: ${name}\nspec:\n  default:\n    passthroughMode: ${mode}\n`;
const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
const modes = (): Record<string, string | undefined> =>
  Object.fromEntries(
    (store?.view.list("MeshPassthrough") ?? []).map(({ resource }) => [
      resource.meta.name,
      resource.type === "MeshPassthrough" ? resource.mode : undefined,
    ]),
  );
const soon = (check: () => void) => vi.waitFor(check, { timeout: 4_000, interval: 5 });
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

describe("what is read", () => {
  test("YAML and JSON of all depths, without assertions, dot files and node_modules; links to files are followed", () => {
    mkdirSync(join(folder, "deep", "deeper"), { recursive: true });
    mkdirSync(join(folder, ".git"));
    mkdirSync(join(folder, "node_modules"));
    write("a.yaml", policy("a"));
    write("deep/b.yml", `${policy("b")}---\n${policy("c")}`);
    write("deep/deeper/d.json", JSON.stringify({ type: "MeshPassthrough", mesh: "default", name: "d", spec: {} }));
    write("e.test.yaml", policy("e"));
    write(".f.yaml", policy("f"));
    write(".git/g.yaml", policy("g"));
    write("node_modules/h.yaml", policy("h"));
    write("i.txt", policy("i"));
    write(".hidden", policy("j"));
    symlinkSync(".hidden", join(folder, "j.yaml"));
    symlinkSync(".", join(folder, "circle"));
    symlinkSync("nowhere", join(folder, "k.yaml"));
    open();
    expect(Object.keys(modes())).toEqual(["a", "b", "c", "d", "j"]);
    expect(lines).toEqual([]);
  });

  test("a folder that is not there is refused", () => {
    folder = join(folder, "gone");
    expect(() => open()).toThrow(/gone` is no folder/);
  });

  test("the API cannot write, and says where to", async () => {
    const { readOnly, write: put } = open();
    expect(readOnly).toContain(folder);
    await expect(put.call(store, () => ({ writes: [], answer: 1 }))).rejects.toThrow(/change them there/);
  });
});

describe("a change is followed", () => {
  test("well under 100 ms after it was made", async () => {
    write("a.yaml", policy("a"));
    open();
    let heard = 0;
    store?.watch(() => {
      heard = performance.now();
    });
    const waits: number[] = [];
    for (let n = 0; n < 10; n++) {
      heard = 0;
      const at = performance.now();
      write("a.yaml", policy("a", n % 2 === 0 ? "All" : "None"));
      await soon(() => expect(heard).toBeGreaterThan(0));
      waits.push(heard - at);
    }
    waits.sort((a, b) => a - b);
    expect(waits[5]).toBeLessThan(100);
  });

  test.each([
    ["a new file", () => write("b.yaml", policy("b"))],
    [
      "a file written beside and moved over",
      () => {
        write("b.tmp", policy("b"));
        renameSync(join(folder, "b.tmp"), join(folder, "b.yaml"));
      },
    ],
    [
      "a file in a new folder",
      () => {
        mkdirSync(join(folder, "x", "y"), { recursive: true });
        write("x/y/b.yaml", policy("b"));
      },
    ],
    [
      "a folder moved in",
      () => {
        const other = mkdtempSync(join(tmpdir(), "sallyport-files-"));
        writeFileSync(join(other, "b.yaml"), policy("b"));
        renameSync(other, join(folder, "moved"));
      },
    ],
    ["a document appended", () => appendFileSync(join(folder, "a.yaml"), `---\n${policy("b")}`)],
  ])("%s", async (_what, change) => {
    write("a.yaml", policy("a"));
    open();
    change();
    await soon(() => expect(modes()).toEqual({ a: "None", b: "None" }));
  });

  test("a file in a folder that was made later is followed too", async () => {
    open();
    mkdirSync(join(folder, "x"));
    await pause(100);
    write("x/a.yaml", policy("a"));
    await soon(() => expect(modes()).toEqual({ a: "None" }));
    write("x/a.yaml", policy("a", "All"));
    await soon(() => expect(modes()).toEqual({ a: "All" }));
  });

  test("a deleted file removes its resources", async () => {
    write("a.yaml", policy("a"));
    write("b.yaml", policy("b"));
    open();
    rmSync(join(folder, "a.yaml"));
    await soon(() => expect(modes()).toEqual({ b: "None" }));
  });

  test("the swapped link of a mounted ConfigMap is followed", async () => {
    mkdirSync(join(folder, "..1"));
    mkdirSync(join(folder, "..2"));
    write("..1/a.yaml", policy("a"));
    write("..2/a.yaml", policy("a", "All"));
    symlinkSync("..1", join(folder, "..data"));
    symlinkSync("..data/a.yaml", join(folder, "a.yaml"));
    open();
    expect(modes()).toEqual({ a: "None" });
    symlinkSync("..2", join(folder, "..new"));
    renameSync(join(folder, "..new"), join(folder, "..data"));
    await soon(() => expect(modes()).toEqual({ a: "All" }));
  });

  test("git checkouts, back and forth", async () => {
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
        cwd: folder,
        stdio: "pipe",
      });
    git("init", "-q", "-b", "one");
    for (let n = 0; n < 30; n++) write(`${n}.yaml`, policy(`p${n}`));
    git("add", ".");
    git("commit", "-qm", "one");
    git("checkout", "-qb", "two");
    for (let n = 0; n < 20; n++) write(`${n}.yaml`, policy(`p${n}`, "All"));
    for (let n = 20; n < 30; n++) rmSync(join(folder, `${n}.yaml`));
    git("add", "-A");
    git("commit", "-qm", "two");
    open();
    const seen: number[] = [];
    store?.watch(() => seen.push(Object.keys(modes()).length));
    for (const [branch, mode, count] of [
      ["one", "None", 30],
      ["two", "All", 20],
      ["one", "None", 30],
    ] as const) {
      git("checkout", "-q", branch);
      await soon(() => expect(Object.values(modes())).toEqual(Array(count).fill(mode)));
    }
    expect(lines).toEqual([]);
    // A checkout removes a file before it writes it anew: nothing may be missing in between.
    expect(Math.min(...seen)).toBe(20);
  });
});

describe("what must not be lost for a moment", () => {
  const lost = (): StoreChange[] => {
    const found: StoreChange[] = [];
    store?.watch((changes) => found.push(...changes.filter(({ kind }) => kind === "delete")));
    return found;
  };

  test("a file that is emptied and written 100 ms later", async () => {
    write("a.yaml", policy("a"));
    open();
    const gone = lost();
    write("a.yaml", "");
    await pause(100);
    write("a.yaml", policy("a", "All"));
    await soon(() => expect(modes()).toEqual({ a: "All" }));
    expect(gone).toEqual([]);
  });

  test("a file that is removed and written 100 ms later", async () => {
    write("a.yaml", policy("a"));
    open();
    const gone = lost();
    rmSync(join(folder, "a.yaml"));
    await pause(100);
    write("a.yaml", policy("a", "All"));
    await soon(() => expect(modes()).toEqual({ a: "All" }));
    expect(gone).toEqual([]);
  });

  test("a file that is renamed, which is no clash either", async () => {
    write("a.yaml", policy("a"));
    open();
    const gone = lost();
    renameSync(join(folder, "a.yaml"), join(folder, "b.yaml"));
    await pause(400);
    expect(modes()).toEqual({ a: "None" });
    expect(gone).toEqual([]);
    expect(lines).toEqual([]);
  });

  test("a file that stays empty loses its resources", async () => {
    write("a.yaml", policy("a"));
    open();
    write("a.yaml", "");
    await soon(() => expect(modes()).toEqual({}));
  });

  test("a folder that is gone as a whole", async () => {
    mkdirSync(join(folder, "root"));
    folder = join(folder, "root");
    write("a.yaml", policy("a"));
    open();
    const gone = lost();
    renameSync(folder, `${folder}.away`);
    await pause(2_500);
    expect(modes()).toEqual({ a: "None" });
    expect(gone).toEqual([]);
    expect(lines).toEqual([expect.stringMatching(/^error cannot read the folder .*what is in force stays$/)]);
    mkdirSync(folder);
    write("a.yaml", policy("a", "All"));
    await soon(() => expect(modes()).toEqual({ a: "All" }));
    // By its own notices, not by the next look at everything.
    write("a.yaml", policy("a", "Matched"));
    await vi.waitFor(() => expect(modes()).toEqual({ a: "Matched" }), { timeout: 500, interval: 5 });
    folder = join(folder, "..");
  });
});

describe("faults", () => {
  test("a faulty file keeps its last good content, others go on, and every fault is logged with its place", async () => {
    write("a.yaml", policy("a"));
    write("b.yaml", policy("b"));
    open();
    write("a.yaml", `${policy("a", "Al")}---\n${policy("A")}`);
    write("b.yaml", policy("b", "All"));
    await soon(() => expect(modes()).toEqual({ a: "None", b: "All" }));
    await soon(() => expect(lines.length).toBe(3));
    expect(lines[0]).toMatch(/^error .*\/a\.yaml:6:22: `Al` is not one of/);
    expect(lines[1]).toMatch(/^error .*\/a\.yaml:10:7: `A` is not a name/);
    expect(lines[2]).toMatch(/last good content stays in force$/);
    write("b.yaml", policy("b", "Matched"));
    await soon(() => expect(modes()).toEqual({ a: "None", b: "Matched" }));
    write("a.yaml", policy("a", "All"));
    await soon(() => expect(modes()).toEqual({ a: "All", b: "Matched" }));
    expect(lines.length).toBe(3);
    expect(store?.problems()).toEqual([]);
  });

  test("a resource that a second file writes too stays as the first file has it", async () => {
    write("b.yaml", policy("a"));
    open();
    write("a.yaml", policy("a", "All"));
    await soon(() => expect(lines.length).toBe(2));
    expect(lines[0]).toMatch(/^error .*\/a\.yaml:3:7: .*more than once/);
    expect(modes()).toEqual({ a: "None" });
    rmSync(join(folder, "b.yaml"));
    await soon(() => expect(modes()).toEqual({ a: "All" }));
  });

  test("a file that nobody may read is a fault, not a file without resources", async () => {
    write("a.yaml", policy("a"));
    open();
    writeFileSync(join(folder, "a.yaml"), new Uint8Array([0x74, 0xff, 0xfe]));
    chmodSync(join(folder, "a.yaml"), 0o600);
    await soon(() => expect(lines.join()).toMatch(/not UTF-8/));
    expect(modes()).toEqual({ a: "None" });
  });

  test("faults at the start say whose resources are not complete, until they are mended", async () => {
    write("ok.yaml", policy("ok", "None", "fine"));
    write("policy.yaml", policy("a", "Al", "hurt"));
    write("dataplane.yaml", "type: Dataplane\nmesh: unhurt\nname: dp\nnetworking: {}\n");
    open();
    expect(store?.problems().map(({ mesh }) => mesh)).toEqual(["hurt"]);
    expect(modes()).toEqual({ ok: "None" });
    let heard = 0;
    store?.watch(() => heard++);
    write("policy.yaml", policy("a", "All", "hurt"));
    await soon(() => expect(store?.problems()).toEqual([]));
    expect(heard).toBe(1);
  });

  test("a fault at the start that hides what the file is about concerns every mesh", () => {
    write("a.yaml", "type: MeshPassthrough\n  mesh: [");
    open();
    expect(store?.problems()).toEqual([{ message: expect.stringMatching(/a\.yaml` has faults/) }]);
  });

  test("a file that is faulty when it first appears later takes nothing from what is in force", async () => {
    open();
    write("a.yaml", "{[");
    await soon(() => expect(lines.join()).toMatch(/nothing of it is in force/));
    expect(store?.problems()).toEqual([]);
  });
});
