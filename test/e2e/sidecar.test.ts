/**
 * One workload's data plane for real: Envoy, nftables, kernel sockets, in network namespaces. Each test starts where
 * the one before ended: it is the life of one sidecar.
 */
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askAdmin } from "../../src/data-plane/envoy/index.ts";
import type { Live } from "../../src/testbed/index.ts";
import { describeReal, envoys } from "../engines/requirements.ts";
import { pause, policyOf, type SidecarBed, type SidecarProcess, startSidecarBed } from "./sidecar-bed.ts";

let bed: SidecarBed;
let sidecar: SidecarProcess;

const API = "tls://api.example.com:443@203.0.113.7";
const WEB = "http://web.example.com:80@203.0.113.7";
const RAW = "opaque://203.0.113.7:9000";
const RULES = ["tls Domain api.example.com 443", "http Domain *.example.com 80", "tcp CIDR 203.0.113.0/24 9000"];

const answer = async (text: string) => (await bed.probe(text)).answer;
const says = (text: string) => (line: { readonly [field: string]: unknown }) => line.msg === text;
const signal = (pid: number | undefined, name: NodeJS.Signals) => {
  if (pid === undefined) throw new Error("it has ended already"); // 0 would be all of us
  process.kill(pid, name);
};
const admin = (path: string) => askAdmin(join(bed.stateFolder, "run/admin.sock"), path);

for (const { name, binary, missing } of envoys)
  describeReal(`a sidecar with the ${name}`, missing, () => {
    beforeAll(async () => {
      bed = await startSidecarBed(binary);
      await bed.testbed.destinations.listen([80, 443, 8080, 8443, 9000]);
      await bed.testbed.destinations.listen([25], { kind: "banner", text: "220 hello\r\n" });
      sidecar = await bed.sidecar();
    }, 60_000);
    afterAll(async () => {
      await bed?.close();
    });

    test("that was never told anything denies, and is not ready", async () => {
      await sidecar.until((line) => "enforcing" in line);
      expect(await answer(API)).toBe("reset");
      expect(await answer(RAW)).toBe("reset");
      expect(await bed.testbed.destinations.packets()).toEqual([]);
      const { ready, policy } = await sidecar.status();
      expect({ ready, policy }).toEqual({ ready: false, policy: "none" });
      const line = await sidecar.until(({ kind }) => kind === "denied");
      expect(line).toMatchObject({
        workload: "web-1",
        destination: "203.0.113.7:443",
        name: "api.example.com",
        answer: "reset",
      });
      expect(line.reason).toEqual(["no policy had been received yet, so everything was denied"]);
    });

    test("enforces a policy when Envoy has acknowledged it, and is ready then", async () => {
      expect(await bed.push(policyOf("Matched", ...RULES))).toBe("accepted");
      await sidecar.until((line) => "ready" in line && line.envoy === undefined);
      expect(await answer(API)).toBe("pass");
      expect(await answer(WEB)).toBe("pass");
      expect(await answer(RAW)).toBe("pass");
      expect(await answer("tls://evil.example.com:443@203.0.113.7")).toBe("reset");
      expect(await answer("opaque://[2001:db8::7]:9000")).toBe("reset");
      expect(await answer("http://evil.test:80@203.0.113.7")).toBe("503");
      const denied = await sidecar.until(({ name }) => name === "evil.test");
      expect(denied).toMatchObject({ transport: "http", answer: "503", connection: "http://evil.test:80@203.0.113.7" });
      expect(denied.reason).toContain("test#1 would admit it if the host ended in .example.com");
      expect(denied.rules).toContain("test#1");
    });

    test("a server that speaks first waits for nothing where a tcp rule admits it", async () => {
      await bed.push(policyOf("Matched", ...RULES, "tcp IP 203.0.113.7 25"));
      const { answer, exchanges } = await bed.probe("opaque://203.0.113.7:25", { speech: { kind: "bytes", send: "" } });
      expect(answer).toBe("pass");
      expect(exchanges[0]?.ms).toBeLessThan(200);
    });

    test("cuts what a change forbids, that alone, and drains nothing", async () => {
      const hold = (text: string) => bed.testbed.prober.hold(bed.probeOf(text));
      const alive = async (live: Live) => (await live.exercise(1_000)).map(({ answer }) => answer);
      await bed.push(
        policyOf(
          "Matched",
          ...RULES,
          "tls Domain *.gone.test 443",
          "tcp IP 198.51.100.9 9000",
          "http Domain gone.test 80",
        ),
      );
      const kept = await Promise.all([hold(API), hold(WEB), hold(RAW), hold("ws://web.example.com:80@203.0.113.7")]);
      const [tls, tcp, websocket, http] = await Promise.all([
        hold("tls://a.gone.test:443@203.0.113.7"),
        hold("opaque://198.51.100.9:9000"),
        hold("ws://gone.test:80@203.0.113.7"),
        hold("http://gone.test:80@203.0.113.7"),
      ]);
      expect([tls, tcp, websocket, http].map(({ opened }) => opened.answer)).toEqual(["pass", "pass", "pass", "pass"]);
      await bed.push(policyOf("Matched", ...RULES));
      await pause(400);
      const ends = await bed.testbed.prober.ends();
      for (const live of [tls, tcp, websocket]) expect(ends.get(live.id)?.how).toBe("reset");
      for (const live of [...kept, http]) expect(ends.get(live.id)).toBeUndefined();
      expect(await alive(http)).toEqual(["503"]);
      for (const live of kept) expect(await alive(live)).toEqual(["pass"]);
      const cut = sidecar.lines.filter(({ kind }) => kind === "cut");
      expect(cut.map(({ connection, outcome }) => [connection, outcome]).sort()).toEqual([
        ["http://gone.test:80@203.0.113.7", "cut"],
        ["opaque://198.51.100.9:9000", "cut"],
        ["tls://a.gone.test:443@203.0.113.7", "cut"],
      ]);
      const stats = await admin("/stats?filter=draining");
      expect([...stats.matchAll(/draining: (\d+)/g)].map(([, count]) => count)).toEqual(["0", "0"]);
      for (const live of [...kept, http]) await live.close();
    });

    test("goes on with the last good policy, everywhere, when Envoy refuses one for what no rule says", async () => {
      const live = await bed.testbed.prober.hold(bed.probeOf(RAW));
      const squatter = bed.testbed.namespaces.workload.spawn([
        ...[process.execPath, "-e", 'net.createServer().listen(15009, "127.0.0.1", () => console.log("there"))'],
      ]);
      const heard = squatter.stdout ?? undefined;
      if (heard !== undefined) await once(heard, "data");
      const refused = await bed.push(
        policyOf(
          "Matched",
          "tls Domain other.test 443",
          "tcp IP 203.0.113.9 8443",
          ...RULES.slice(0, 2),
          "tcp IP 203.0.113.7 25",
        ),
        { redirectPortOutbound: 15_009 },
      );
      expect(refused).toMatch(/envoy rejected it: .*Address already in use.*no rule is at fault/s);
      await sidecar.until(says("policy refused; what was in force stays"));
      expect(await answer(API)).toBe("pass");
      expect(await answer(RAW)).toBe("pass");
      expect(await answer("opaque://203.0.113.9:8443")).toBe("reset");
      expect(await answer("tls://other.test:443@203.0.113.7")).toBe("reset");
      expect((await live.exercise(1_000))[0]?.answer).toBe("pass");
      signal(await squatter.pid(), "SIGKILL");
      expect(await bed.push(policyOf("Matched", ...RULES))).toBe("accepted");
      await live.close();
    });

    test("lets nothing out while Envoy is dead, and brings it back by itself", async () => {
      await bed.testbed.destinations.reset();
      const [pid] = bed.envoys();
      signal(pid, "SIGKILL");
      const until = performance.now() + 10_000;
      const answers = new Set<string>();
      while (performance.now() < until) {
        const got = await answer(API);
        answers.add(got);
        if (got === "pass") break;
      }
      expect(answers).toContain("refused");
      expect(answers).toContain("pass");
      expect(await answer("tls://evil.example.com:443@203.0.113.7")).toBe("reset");
      expect((await bed.testbed.destinations.packets()).filter(({ port }) => port === 443)).toEqual([
        { protocol: "tcp", ip: "203.0.113.7", port: 443, packets: 1 },
      ]);
      await sidecar.until(says("envoy ended; no way out until it is back"));
    });

    test("killed, leaves Envoy enforcing; the next one takes it over, and reads what happened meanwhile", async () => {
      const [before] = bed.envoys();
      const live = await Promise.all(
        [API, RAW, WEB, "ws://web.example.com:80@203.0.113.7"].map((text) =>
          bed.testbed.prober.hold(bed.probeOf(text)),
        ),
      );
      await pause(300); // the agent hears of them
      signal(await sidecar.running.pid(), "SIGKILL");
      await sidecar.running.exited;
      expect(await answer(API)).toBe("pass");
      expect(await answer("tls://meanwhile.example.com:443@203.0.113.7")).toBe("reset");
      live.push(await bed.testbed.prober.hold(bed.probeOf("tls://api.example.com:443@203.0.113.8")));
      sidecar = await bed.sidecar();
      await sidecar.until((line) => "ready" in line && line.envoy === undefined);
      await sidecar.until(says("envoy of an earlier agent taken over"));
      expect(bed.envoys()).toEqual([before]);
      await sidecar.until(({ kind, name }) => kind === "denied" && name === "meanwhile.example.com");
      expect(await bed.push(policyOf("Matched", ...RULES, "tls Domain more.test 443"))).toBe("accepted");
      expect(await bed.push(policyOf("Matched", ...RULES))).toBe("accepted");
      await pause(400);
      // a change that takes something away: what a record explains stays, also one that was written meanwhile
      const ends = await bed.testbed.prober.ends();
      for (const one of live) expect(ends.get(one.id)).toBeUndefined();
      for (const one of live) expect((await one.exercise(1_000))[0]?.answer).toBe("pass");
      for (const one of live) await one.close();
    });

    test("whose log was taken away cuts what nobody can explain, at the first change that takes something away", async () => {
      const live = await bed.testbed.prober.hold(bed.probeOf(API));
      await pause(300);
      signal(await sidecar.running.pid(), "SIGKILL");
      await sidecar.running.exited;
      const unseen = await bed.testbed.prober.hold(bed.probeOf("tls://api.example.com:443@203.0.113.8"));
      await pause(300);
      rmSync(join(bed.stateFolder, "run/access.log"));
      sidecar = await bed.sidecar();
      await sidecar.until((line) => "ready" in line && line.envoy === undefined);
      expect(await bed.push(policyOf("Matched", ...RULES, "tls Domain more.test 443"))).toBe("accepted");
      await pause(400);
      expect((await unseen.exercise(1_000))[0]?.answer).toBe("pass");
      expect(await bed.push(policyOf("Matched", ...RULES))).toBe("accepted");
      await pause(400);
      const ends = await bed.testbed.prober.ends();
      expect(ends.get(live.id)).toBeUndefined();
      expect(ends.get(unseen.id)?.how).toBe("reset");
      // the file is there again, the records that were in it are counted as lost
      expect(await answer("tls://later.example.com:443@203.0.113.7")).toBe("reset");
      await sidecar.until(({ kind, name }) => kind === "denied" && name === "later.example.com");
      const { count } = await sidecar.until(({ kind }) => kind === "records lost", 30_000);
      expect(count).toBeGreaterThanOrEqual(1);
      for (const one of [live, unseen]) await one.close();
    });

    test("without control plane enforces what it accepted last, also after a restart of everything", async () => {
      await bed.controlPlane(false);
      await sidecar.until(({ msg }) => String(msg).startsWith("no control plane"));
      expect(await answer(API)).toBe("pass");
      signal(await sidecar.running.pid(), "SIGTERM");
      await sidecar.running.exited;
      expect(bed.envoys()).toEqual([]);
      expect(await answer(API)).toBe("refused");
      sidecar = await bed.sidecar();
      await sidecar.until((line) => "ready" in line && line.envoy === undefined);
      expect(await answer(API)).toBe("pass");
      expect(await answer("tls://evil.example.com:443@203.0.113.7")).toBe("reset");
    });

    test("denies when its file was damaged, and says so", async () => {
      signal(await sidecar.running.pid(), "SIGTERM");
      await sidecar.running.exited;
      const file = join(bed.stateFolder, "policy.json");
      const good = readFileSync(file, "utf8");
      writeFileSync(file, good.replace('"policy":"', '"policy":"AAAA'));
      sidecar = await bed.sidecar();
      await sidecar.until((line) => "enforcing" in line);
      expect(await sidecar.until(({ path }) => path === file)).toMatchObject({
        level: "warn",
        why: "its checksum is wrong",
      });
      expect(await answer(API)).toBe("reset");
      await bed.controlPlane(true);
      await sidecar.until((line) => "ready" in line && line.envoy === undefined, 30_000);
      expect(await answer(API)).toBe("pass");
    });

    test("does not start where another one runs", async () => {
      const second = await bed.sidecar();
      const { failed } = await second.until((line) => "failed" in line);
      expect(failed).toMatch(/already listens on .*status\.sock/);
      expect(await answer(API)).toBe("pass");
    });

    test("installs the redirection again when somebody takes it away", async () => {
      const { workload } = bed.testbed.namespaces;
      await workload.run(["nft", "delete", "table", "inet", "sallyport"]);
      await sidecar.until(says("the redirection is not as it was installed; it is installed again"), 20_000);
      const isThere = async () => (await workload.run(["nft", "list", "table", "inet", "sallyport"])).code;
      await expect.poll(isThere, { timeout: 10_000 }).toBe(0);
      expect(await answer("tls://evil.example.com:443@203.0.113.7")).toBe("reset");
      expect(await answer(API)).toBe("pass");
    });

    test.each([["All"], ["Matched", "tcp CIDR 0.0.0.0/0", "tcp CIDR ::/0"]] as const)(
      "in mode %s, a connection to the proxy itself is refused, and Envoy lives",
      async (mode, ...rules) => {
        expect(await bed.push(policyOf(mode, ...rules))).toBe("accepted");
        const [before] = bed.envoys();
        const { ipv4, ipv6 } = bed.testbed.namespaces.workload;
        for (const address of ["127.0.0.1", "127.0.0.2", "[::1]", ipv4, `[${ipv6}]`])
          for (const port of [15001, 15003])
            expect(["refused", "reset"]).toContain(
              (await bed.probe(`opaque://${address}:${port}`, { waitMs: 2_000 })).answer,
            );
        expect(bed.envoys()).toEqual([before]);
        expect(await answer("opaque://198.51.100.20:8080")).toBe("pass");
      },
    );

    test("more connections than the limit are refused, Envoy lives, and the report counts them", async () => {
      signal(await sidecar.running.pid(), "SIGTERM");
      await sidecar.running.exited;
      sidecar = await bed.sidecar({ maxConnections: 20 });
      await sidecar.until((line) => "ready" in line && line.envoy === undefined);
      const [before] = bed.envoys();
      const many = await Promise.all(Array.from({ length: 40 }, () => bed.testbed.prober.hold(bed.probeOf(RAW))));
      const passed = many.filter(({ opened }) => opened.answer === "pass");
      expect(passed.length).toBe(20);
      for (const one of many) await one.close();
      expect(bed.envoys()).toEqual([before]);
      await pause(100);
      expect(await answer(RAW)).toBe("pass");
      expect(await sidecar.until(({ kind }) => kind === "refused at limit")).toMatchObject({ count: 20 });
    });
  });
