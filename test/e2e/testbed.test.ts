import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseConnection } from "../../src/policy/model/index.ts";
import {
  ANSWERS,
  createNamespaces,
  makeClientHello,
  type Probe,
  preflight,
  probeFor,
  type Speech,
  startTestbed,
  type Testbed,
} from "../../src/testbed/index.ts";
import { describeReal, noNamespaces } from "../engines/requirements.ts";

const isRoot = process.getuid?.() === 0;

function probeOf(text: string): Probe {
  const connection = parseConnection(text);
  if (!connection.ok) throw new Error(connection.help);
  return { waitMs: 1_000, ...probeFor(connection.value) };
}

const byHand = (speech: Speech, port = 80): Probe => ({ to: { ip: "203.0.113.9", port }, speech, waitMs: 1_000 });

describeReal("testbed", noNamespaces, () => {
  let testbed: Testbed;
  beforeAll(async () => {
    testbed = await startTestbed({ hosts: [{ address: "203.0.113.7", names: ["httpbin.org", "www.httpbin.org"] }] });
    await testbed.destinations.listen([80, 443, 9000]);
    await testbed.destinations.listen([25], { kind: "banner", text: "220 hello\r\n" });
    await testbed.destinations.listen([26], { kind: "silent" });
  });
  afterAll(() => testbed?.close());

  test.each([
    ["tls://httpbin.org:443@203.0.113.7", "tls"],
    ["tls://:443@[2001:db8::7]", "tls"],
    ['tls://"a b":443@203.0.113.7', "tls"],
    ["http://httpbin.org:80@203.0.113.7", "http1"],
    ["http10://:80@203.0.113.7", "http1"],
    ["ws://httpbin.org:80@203.0.113.7", "http1"],
    ["h2c://httpbin.org:80@[2001:db8::7]", "http2"],
    ["grpc://httpbin.org:80@203.0.113.7", "http2"],
    ["opaque://203.0.113.7:9000", "opaque"],
    ["opaque://10.240.15.39:9000", "opaque"],
  ])("%s arrives, is recorded as %s and counted once", async (text, spoken) => {
    await testbed.destinations.reset();
    const probe = probeOf(text);
    expect(await testbed.prober.probe(probe)).toMatchObject({ answer: "pass" });
    expect(await testbed.destinations.packets()).toEqual([{ protocol: "tcp", ...probe.to, packets: 1 }]);
    const { workload } = testbed.namespaces;
    const source = { ip: probe.to.ip.includes(":") ? workload.ipv6 : workload.ipv4 };
    expect(await testbed.destinations.records()).toMatchObject([{ destination: probe.to, source, spoken }]);
  });

  test("a server name is recorded byte for byte, its absence too", async () => {
    await testbed.destinations.reset();
    for (const serverName of ["x.example", "\xff\x00.x", undefined])
      await testbed.prober.probe(byHand({ kind: "hello", hello: serverName === undefined ? {} : { serverName } }, 443));
    const names = (await testbed.destinations.records()).map(({ serverName }) => serverName);
    expect(names).toEqual(["x.example", "\xff\x00.x", undefined]);
  });

  test("requests are recorded as they were sent: order, case and values of headers, target, body", async () => {
    await testbed.destinations.reset();
    const headers = [
      ["X-b", "2"],
      ["HOST", "a.b:1"],
      ["x-B", ""],
    ] as const;
    const body = {
      version: "1.1",
      method: "PUT",
      target: "/a//b/%2F?c",
      headers: [...headers, ["Content-Length", "5"]],
      body: "hello",
    } as const;
    const observed = await testbed.prober.probe(
      byHand({ kind: "http1", requests: [{ version: "1.1", headers }, body] }),
    );
    expect(observed.exchanges.map(({ answer }) => answer)).toEqual(["pass", "pass"]);
    expect((await testbed.destinations.records())[0]?.requests).toMatchObject([
      { method: "GET", target: "/", headers },
      { method: "PUT", target: "/a//b/%2F?c", headers: body.headers, bodyBytes: 5 },
    ]);
  });

  test("one TLS handshake in pieces, and several HTTP/2 streams at once, arrive", async () => {
    const pieces = {
      ...byHand({ kind: "hello", hello: { serverName: "x.y", recordBytes: 20 } }, 443),
      pieces: { bytes: 9, everyMs: 1 },
    };
    expect(await testbed.prober.probe(pieces)).toMatchObject({ answer: "pass" });
    const requests = ["a", "b", "c"].map((authority) => ({ authority, method: "POST", body: "x" }));
    const together = await testbed.prober.probe(byHand({ kind: "http2", requests, together: true }));
    expect(together.exchanges.map(({ answer }) => answer)).toEqual(["pass", "pass", "pass"]);
  });

  test.each([
    ["refused", byHand({ kind: "bytes", send: "x\n" }, 27)],
    ["held", byHand({ kind: "bytes", send: "x\n" }, 26)],
    ["held", byHand({ kind: "tls" }, 26)],
    ["held", byHand({ kind: "http2", requests: [{ authority: "a" }] }, 26)],
    ["pass", byHand({ kind: "bytes", send: "" }, 25)],
    ["held", byHand({ kind: "bytes", send: "" })],
    ["stream-reset", byHand({ kind: "http2", requests: [{ authority: "user@host" }] })],
  ] as const)("the answer is %s", async (answer, probe) => {
    expect((await testbed.prober.probe(probe)).answer).toBe(answer);
  });

  test("a dead place is refused, counted, and alive again when told so", async () => {
    const place = { ip: "203.0.113.66", port: 9000 };
    await testbed.destinations.reset();
    await testbed.destinations.at([place], { kind: "dead" });
    const probe: Probe = { to: place, speech: { kind: "bytes", send: "x\n" } };
    expect((await testbed.prober.probe(probe)).answer).toBe("refused");
    expect(await testbed.destinations.packets()).toMatchObject([{ ...place, packets: 1 }]);
    await testbed.destinations.at([place], { kind: "detect" });
    expect((await testbed.prober.probe(probe)).answer).toBe("pass");
  });

  test("UDP is counted", async () => {
    await testbed.destinations.reset();
    expect(await testbed.prober.udp({ ip: "203.0.113.7", port: 443 }, "quic?")).toEqual({ sent: true });
    const counted = { protocol: "udp", ip: "203.0.113.7", port: 443, packets: 1 };
    await expect.poll(() => testbed.destinations.packets()).toEqual([counted]);
  });

  test("kept connections answer again and again, and tell how they died", async () => {
    const speeches: Speech[] = [
      { kind: "tls", serverName: "x" },
      { kind: "bytes", send: "hello\n" },
      { kind: "websocket", headers: [["Host", "x"]] },
      { kind: "http1", requests: [{ version: "1.1", headers: [["Host", "x"]] }] },
      { kind: "http2", requests: [{ authority: "x" }] },
    ];
    const lives = await Promise.all(speeches.map((speech) => testbed.prober.hold(byHand(speech, 9000))));
    for (let round = 0; round < 3; round++)
      for (const live of lives) expect(await live.exercise()).toMatchObject([{ answer: "pass" }]);
    expect((await testbed.prober.ends()).size).toBe(0);
    const ports = lives.map((live) => `sport = :${live.opened.local?.port}`).join(" or ");
    await testbed.namespaces.workload.run(["ss", "-K", `( ${ports} )`]);
    for (const live of lives)
      expect(await live.exercise(), live.probe.speech.kind).toMatchObject([{ answer: "reset" }]);
    expect((await testbed.prober.ends()).size).toBe(lives.length);
    await Promise.all(lives.map((live) => live.close()));
    expect((await testbed.prober.ends()).size).toBe(0);
  });

  test("the workload has no rights over its network, the sidecar's identity has them", async () => {
    expect(await testbed.prober.identity()).toEqual({
      uid: testbed.namespaces.workloadUid,
      capabilities: "0000000000000000",
    });
    const { workload } = testbed.namespaces;
    const asWorkload = async (...argv: string[]): Promise<number | null> =>
      (await workload.run(argv, { as: "workload" })).code;
    const asAdmin = async (...argv: string[]): Promise<number | null> => (await workload.run(argv)).code;
    expect(await asAdmin("nft", "list", "ruleset")).toBe(0);
    expect(await asAdmin("ip", "link", "set", "lo", "up")).toBe(0);
    expect(await asWorkload("nft", "list", "ruleset")).not.toBe(0);
    expect(await asWorkload("ip", "link", "set", "lo", "down")).not.toBe(0);
    expect((await asWorkload("id", "-u")) === 0).toBe(true);
  });

  test("a command gets its input, environment and folder, and gives back its output, exit code or signal", async () => {
    const { workload } = testbed.namespaces;
    for (const as of ["admin", "workload"] as const) {
      const echo = await workload.run(["sh", "-c", 'cat; echo "$FOO"; pwd; echo oops >&2; exit 7'], {
        as,
        input: "in\n",
        env: { FOO: "bar" },
        cwd: "/usr",
      });
      expect(echo).toEqual({ code: 7, signal: null, stdout: "in\nbar\n/usr\n", stderr: "oops\n" });
      const sleeping = workload.spawn(["sleep", "1000"], { as });
      expect(await sleeping.kill("SIGINT")).toBe(true);
      expect(await sleeping.exited).toEqual({ code: null, signal: "SIGINT" });
      expect(await sleeping.kill()).toBe(false);
    }
  });

  test("both namespaces see the names that were given, and the machine does not", async () => {
    const { workload, world } = testbed.namespaces;
    for (const namespace of [workload, world])
      expect((await namespace.run(["getent", "hosts", "www.httpbin.org"])).stdout).toContain("203.0.113.7");
    expect(readFileSync("/etc/hosts", "utf8")).not.toContain("httpbin.org");
  });

  test("two testbeds side by side do not meet", async () => {
    const other = await startTestbed();
    await other.destinations.listen([80]);
    await testbed.destinations.reset();
    expect((await other.prober.probe(probeOf("http://x:80@203.0.113.7"))).answer).toBe("pass");
    expect(await testbed.destinations.packets()).toEqual([]);
    expect(await other.destinations.packets()).toHaveLength(1);
    await other.close();
    expect((await testbed.prober.probe(probeOf("http://x:80@203.0.113.7"))).answer).toBe("pass");
  });

  test("closing ends everything that was started in there", async () => {
    const namespaces = await createNamespaces();
    const running = [
      namespaces.workload.spawn(["sleep", "1000"]),
      namespaces.world.spawn(["sleep", "1000"], { as: "workload" }),
    ];
    const pids = await Promise.all(running.map((process) => process.pid()));
    await namespaces.close();
    expect(await Promise.all(running.map(({ exited }) => exited))).toMatchObject([
      { signal: "SIGKILL" },
      { signal: "SIGKILL" },
    ]);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  test("only addresses that were given exist, where some were", async () => {
    const few = await startTestbed({ addresses: ["203.0.113.7", "2001:db8::7"] });
    await few.destinations.listen([80]);
    for (const ip of ["203.0.113.7", "[2001:db8::7]"])
      expect((await few.prober.probe(probeOf(`http://x:80@${ip}`))).answer).toBe("pass");
    expect((await few.prober.probe(probeOf("http://x:80@203.0.113.8"))).answer).not.toBe("pass");
    await few.close();
  });

  test.each(isRoot ? ["root", "user"] : ["user"])(
    "a run that is killed with -9 leaves nothing behind, as %s",
    async (privilege) => {
      const victim = await startVictim(privilege === "user" && isRoot ? 1500 : undefined);
      expect(victim).toMatchObject({ answer: "pass", privilege });
      expect(victim.pids.filter(isAlive)).toHaveLength(3);
      const networks = new Set(victim.pids.map(networkOf));
      expect(networks.size).toBe(2);
      victim.process.kill("SIGKILL");
      await expect.poll(() => victim.pids.filter(isAlive), { timeout: 2_000 }).toEqual([]);
      await expect
        .poll(() => processes().filter((pid) => networks.has(networkOf(pid))), { timeout: 2_000 })
        .toEqual([]);
    },
  );

  test("preflight says what it found, and answers are a closed list", async () => {
    expect(await preflight()).toMatchObject({ ok: true, privilege: testbed.namespaces.privilege });
    expect(new Set(ANSWERS).size).toBe(ANSWERS.length);
    expect(makeClientHello().length).toBeGreaterThan(50);
  });
});

interface Victim {
  readonly process: ChildProcess;
  readonly pids: readonly (number | undefined)[];
  readonly answer: string;
  readonly privilege: string;
}

/** Another Node process with a testbed of its own; `uid` makes it an ordinary user's. */
async function startVictim(uid: number | undefined): Promise<Victim> {
  const ids = uid === undefined ? {} : { uid, gid: uid };
  const file = new URL("./testbed-victim.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [file], { ...ids, cwd: "/", stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) return { process: child, ...JSON.parse(line) };
  throw new Error("the victim ended early");
}

/** Zombies do not count: whoever inherits them may be slow to collect them. */
function isAlive(pid: number | undefined): boolean {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

const processes = (): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** The network namespace that a process lives in; undefined once it has ended. */
function networkOf(pid: number | undefined): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}
