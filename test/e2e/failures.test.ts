/**
 * What may break does, with `kill -9`, while connections are open and denied ones keep trying: nothing that is denied
 * ever leaves, nothing that is allowed is lost without need. It is the life of one system: each test takes it over.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Answer, Live } from "../../src/testbed/index.ts";
import { until } from "../engines/product.ts";
import { describeReal, envoys } from "../engines/requirements.ts";
import { DATAPLANE, probeOf, type RuleText, type System, startSystem } from "./system.ts";

const RULES: readonly RuleText[] = [
  { type: "Domain", value: "api.example.com", port: 443, protocol: "tls" },
  { type: "Domain", value: "*.example.com", port: 80, protocol: "http" },
  { type: "CIDR", value: "203.0.113.0/24", port: 9000, protocol: "tcp" },
  { type: "CIDR", value: "2001:db8::/32", port: 9000, protocol: "tcp" },
];
const ALLOWED = [
  "tls://api.example.com:443@203.0.113.1",
  "http://web.example.com:80@203.0.113.2",
  "opaque://203.0.113.3:9000",
  "opaque://[2001:db8::3]:9000",
  "ws://web.example.com:80@203.0.113.4",
];
const DENIED = [
  "tls://evil.example:443@198.51.100.1",
  "http://evil.example:80@198.51.100.2",
  "opaque://198.51.100.3:9000",
  "opaque://[2001:db8:ffff::3]:9001",
];
const OUT = new Set<Answer>(["pass"]);

for (const { name, binary, missing } of envoys)
  describeReal(`failures with the ${name}`, missing, () => {
    let system: System;
    let lives: Live[] = [];
    beforeAll(async () => {
      system = await startSystem(binary);
      await system.testbed.destinations.listen([80, 443, 9000, 9001, 15001, 15003]);
      await system.startControlPlane();
      await system.api("PUT", "/meshes/default", { type: "Mesh", name: "default" });
      await system.api("PUT", "/meshes/default/dataplanes/web-1", DATAPLANE);
    });
    afterAll(() => system?.close());

    const answers = (texts: readonly string[]): Promise<Answer[]> =>
      Promise.all(texts.map(async (text) => (await system.probe(text, { waitMs: 3_000 })).answer));
    const openLives = async (): Promise<void> => {
      await system.policy("Matched", RULES);
      lives = await Promise.all(ALLOWED.map((text) => system.hold(text)));
      expect(lives.map(({ opened }) => opened.answer)).toEqual(ALLOWED.map(() => "pass"));
    };
    const liveAnswers = (): Promise<Answer[]> =>
      Promise.all(lives.map(async (live) => (await live.exercise(3_000))[0]?.answer ?? "other"));
    const allPass = (texts: readonly unknown[]): Answer[] => texts.map(() => "pass");

    const onlyTheFirstIsCut = (): Promise<void> =>
      expect
        .poll(() => system.testbed.prober.ends().then((ends) => [...ends.keys()]), { timeout: 5_000 })
        .toEqual([lives[0]?.id]);

    /** Denied connections try all the while that `during` takes; none may get anything out. */
    const besieged = async (during: () => Promise<void>): Promise<void> => {
      await system.testbed.destinations.reset();
      let isOver = false;
      const got = new Set<Answer>();
      let tries = 0;
      const siege = DENIED.map(async (text) => {
        while (!isOver) {
          got.add((await system.probe(text, { waitMs: 500 })).answer);
          tries++;
        }
      });
      await during().finally(() => {
        isOver = true;
      });
      await Promise.all(siege);
      expect(tries).toBeGreaterThan(DENIED.length);
      expect([...got].filter((answer) => OUT.has(answer))).toEqual([]);
      const packets = await system.testbed.destinations.packets();
      const places = DENIED.map((text) => probeOf(text).to);
      expect(packets.filter(({ ip, port }) => places.some((p) => p.ip === ip && p.port === port))).toEqual([]);
    };

    test("the sidecar starts with a policy, and what it allows and denies is so", async () => {
      await system.api("PUT", "/meshes/default/meshpassthroughs/egress", {
        type: "MeshPassthrough",
        mesh: "default",
        name: "egress",
        spec: { targetRef: { kind: "Mesh" }, default: { passthroughMode: "Matched", appendMatch: RULES } },
      });
      await system.startSidecar("--max-connections", "60");
      expect(await answers(ALLOWED)).toEqual(allPass(ALLOWED));
      await besieged(async () => void (await answers(ALLOWED)));
    });

    test("control plane killed: connections stay, rules stay; it comes back with every write, and is followed again", async () => {
      await openLives();
      const names = Array.from({ length: 20 }, (_, i) => `written-${i}`);
      await besieged(async () => {
        const writes = names.map((name) =>
          system.api("PUT", `/meshes/default/meshpassthroughs/${name}`, {
            type: "MeshPassthrough",
            mesh: "default",
            name,
            spec: { targetRef: { kind: "MeshSubset", tags: { nobody: "has" } }, default: { passthroughMode: "None" } },
          }),
        );
        expect(new Set((await Promise.all(writes)).map(({ status }) => status))).toEqual(new Set([201]));
        await system.killControlPlane();
        for (let round = 0; round < 3; round++) {
          expect(await liveAnswers()).toEqual(allPass(lives));
          expect(await answers(ALLOWED)).toEqual(allPass(ALLOWED));
        }
        await system.startControlPlane();
        expect(await liveAnswers()).toEqual(allPass(lives));
      });
      for (const name of [...names, "egress"])
        expect((await system.api("GET", `/meshes/default/meshpassthroughs/${name}`)).status, name).toBe(200);
      await system.policy("Matched", RULES.slice(1)); // without api.example.com
      await onlyTheFirstIsCut();
      expect((await system.probe(ALLOWED[0] ?? "")).answer).toBe("reset");
      await system.policy("Matched", RULES);
      expect(await answers(ALLOWED)).toEqual(allPass(ALLOWED));
      await Promise.all(lives.map((live) => live.close()));
    });

    test("agent killed: Envoy goes on with what it has; the next agent takes over without a cut, and rules change again", async () => {
      await openLives();
      const envoy = await system.envoy();
      await besieged(async () => {
        await system.signalSidecar("SIGKILL");
        expect(await liveAnswers()).toEqual(allPass(lives));
        expect(await answers(ALLOWED)).toEqual(allPass(ALLOWED));
        await system.startSidecar("--max-connections", "60");
        expect(await liveAnswers()).toEqual(allPass(lives));
        expect(await answers(ALLOWED)).toEqual(allPass(ALLOWED));
      });
      expect(await system.envoy()).toBe(envoy);
      await system.policy("Matched", RULES.slice(1));
      await onlyTheFirstIsCut();
      await system.policy("Matched", RULES);
      await Promise.all(lives.map((live) => live.close()));
    });

    test("Envoy killed: no way out until it is back, and it comes back by itself", async () => {
      await openLives();
      const envoy = await system.envoy();
      await besieged(async () => {
        await system.killEnvoy();
        await until("another Envoy runs", async () => {
          const now = await system.envoy();
          return now !== envoy && now !== undefined;
        });
        await until("what is allowed passes", async () =>
          (await answers(ALLOWED)).every((answer) => answer === "pass"),
        );
      });
      const ends = await system.testbed.prober.ends();
      expect(lives.filter(({ id }) => !ends.has(id))).toEqual([]); // they went through the dead one
      await Promise.all(lives.map((live) => live.close()));
    });

    test("more connections than the limit are refused, and Envoy lives", async () => {
      await system.policy("Matched", RULES);
      const envoy = await system.envoy();
      const many = await Promise.all(
        Array.from({ length: 100 }, (_, i) => system.hold(`opaque://203.0.113.${100 + i}:9000`)),
      );
      const passed = many.filter(({ opened }) => opened.answer === "pass");
      expect(passed.length).toBeGreaterThan(30);
      expect(passed.length).toBeLessThanOrEqual(60);
      expect(await Promise.all(passed.map(async (live) => (await live.exercise())[0]?.answer))).toEqual(
        allPass(passed),
      );
      await Promise.all(many.map((live) => live.close()));
      await until("there is room again", async () => (await answers(ALLOWED)).every((answer) => answer === "pass"));
      expect(await system.envoy()).toBe(envoy);
    });

    test.each([
      ["mode All", "All", []],
      [
        "rules for every address",
        "Matched",
        [
          { type: "CIDR", value: "0.0.0.0/0", protocol: "tcp" },
          { type: "CIDR", value: "::/0", protocol: "tcp" },
        ],
      ],
      [
        "an http rule for every host on the proxy's port",
        "Matched",
        [{ type: "Domain", value: "*", port: 15001, protocol: "http" }],
      ],
    ] as const)("the proxy's own ports answer nobody, by any address, under %s", async (_, mode, rules) => {
      await system.policy(mode, rules);
      const envoy = await system.envoy();
      const { ipv4, ipv6 } = system.testbed.namespaces.workload;
      const own = ["127.0.0.1", "127.0.0.2", "[::1]", ipv4, `[${ipv6}]`];
      const texts = own.flatMap((at) =>
        [15001, 15003].flatMap((port) => [
          `opaque://${at}:${port}`,
          `http://x.example:${port}@${at}`,
          `tls://x.example:${port}@${at}`,
        ]),
      );
      const mapped = probeOf("opaque://203.0.113.1:15001", {
        to: { ip: `::ffff:${ipv4}`, port: 15001 },
        waitMs: 3_000,
      });
      const got = [...(await answers(texts)), (await system.testbed.prober.probe(mapped)).answer];
      expect(got.filter((answer) => answer !== "refused" && answer !== "reset")).toEqual([]);
      expect(await system.envoy()).toBe(envoy);
      // Another host's port. Envoy's workers may take the last rules a moment after it acknowledged them.
      await until("another host's port is reached", async () => {
        return (await system.probe("http://x.example:15001@203.0.113.9")).answer === "pass";
      });
    });

    test("the workload cannot set the mark that exempts the proxy", async () => {
      const { workload } = system.testbed.namespaces;
      const command = [process.execPath, fileURLToPath(new URL("./set-mark.ts", import.meta.url)), "1"];
      expect((await workload.run(command, { as: "workload" })).stdout).toBe("EPERM");
      expect((await workload.run(command, { as: "admin" })).stdout).toBe("set"); // else the test tells nothing
    });

    test("agent and Envoy killed: nothing gets out, not even what is allowed; the next sidecar brings it back", async () => {
      await system.policy("Matched", RULES);
      await besieged(async () => {
        const envoy = await system.envoy();
        await system.signalSidecar("SIGKILL");
        await system.testbed.namespaces.workload.run(["kill", "-9", String(envoy)]);
        await until("Envoy is gone", async () => !(await system.lives(envoy)));
        await system.testbed.destinations.reset();
        for (let round = 0; round < 5; round++)
          expect((await answers(ALLOWED)).filter((answer) => OUT.has(answer))).toEqual([]);
        await system.testbed.prober.udp({ ip: "203.0.113.1", port: 443 }, "quic");
        expect(await system.testbed.destinations.packets()).toEqual([]);
        await system.startSidecar();
        expect(await answers(ALLOWED)).toEqual(allPass(ALLOWED));
      });
    });

    test("sidecar ended in order: the redirection stays, and only `redirect uninstall` opens the way", async () => {
      await besieged(async () => {
        const envoy = await system.envoy();
        await system.signalSidecar("SIGTERM");
        await until("Envoy is gone", async () => !(await system.lives(envoy)));
        expect((await answers(ALLOWED)).filter((answer) => OUT.has(answer))).toEqual([]);
      });
      expect(await system.testbed.destinations.packets()).toEqual([]);
      const main = join(import.meta.dirname, "..", "..", "src", "main.ts");
      const opened = await system.testbed.namespaces.workload.run([process.execPath, main, "redirect", "uninstall"]);
      expect(opened).toMatchObject({ code: 0 });
      expect(await answers(DENIED)).toEqual(allPass(DENIED)); // the whole siege would have got out
    });
  });
