/** What the sidecar's own socket answers to questions that are wrong, too large, or never come to their end. */
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryOf } from "../../bench/envoy-scale/process-figures.ts";
import { encodeEffectivePolicy } from "../../src/compile/agent/index.ts";
import { until } from "../engines/product.ts";
import { describeReal, envoys } from "../engines/requirements.ts";
import { policyOf, type SidecarBed, type SidecarProcess, startSidecarBed } from "./sidecar-bed.ts";

const RULES = ["tcp CIDR 203.0.113.0/24 9000"];
const LARGEST = 16 << 20;

let bed: SidecarBed;
let sidecar: SidecarProcess;

interface Answer {
  readonly status: number | undefined;
  readonly allow?: string | undefined;
  readonly text: string;
}

function ask(method: string, path: string, body?: Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socketPath = join(bed.stateFolder, "status.sock");
    const asked = request({ socketPath, method, path, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      answer.on("end", () => resolve({ status: answer.statusCode, allow: answer.headers.allow, text: text.trimEnd() }));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

/** Says this and no more; resolves to what came until the other side ended it. */
function say(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(join(bed.stateFolder, "status.sock"), () => socket.write(text));
    let got = "";
    socket.on("data", (part) => {
      got += part.toString();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(got));
  });
}

const policy = (proxy: string) =>
  encodeEffectivePolicy({
    ...{ mesh: "default", proxy, policy: policyOf("Matched"), policies: [] },
    ...{ redirectPortOutbound: 15_001, ipFamilyMode: "UnSpecified" },
  });

for (const { name, binary, missing } of envoys.slice(0, 1))
  describeReal(`a sidecar's socket, beside the ${name}`, missing, () => {
    beforeAll(async () => {
      bed = await startSidecarBed(binary);
      await bed.testbed.destinations.listen([9000]);
      sidecar = await bed.sidecar();
      await bed.push(policyOf("Matched", ...RULES));
      await sidecar.until((line) => "ready" in line && line.envoy === undefined);
    }, 60_000);
    afterAll(async () => {
      await bed?.close();
    });

    test.each(["abc", "-1", "1.5", "1e3", "", "NaN", "0x10", " 5"])(
      "`most=%s` is refused, with the reason",
      async (most) => {
        const query = `most=${encodeURIComponent(most)}`;
        const wanted = {
          status: 400,
          allow: undefined,
          text: `\`most\` is how many to list, a whole number from 0 on, not \`${most}\``,
        };
        expect(await ask("GET", `/connections?${query}`)).toEqual(wanted);
        expect(await ask("GET", `/denied?${query}`)).toEqual(wanted);
        expect(await ask("POST", `/impact?${query}`, policy("web-1"))).toEqual(wanted);
      },
    );

    test("`most` lists so many, none and all of them too, and counts all", async () => {
      const lives = await Promise.all(
        [1, 2, 3].map((i) => bed.testbed.prober.hold(bed.probeOf(`opaque://203.0.113.${i}:9000`))),
      );
      // Envoy's records are late by a moment.
      await until("all three are known", async () => {
        return JSON.parse((await ask("POST", "/impact", policy("web-1"))).text).counts.cut === lives.length;
      });
      for (const [query, listed] of [
        ["?most=0", 0],
        ["?most=2", 2],
        ["", 3],
        ["?most=99999999999999999999", 3],
      ] as const) {
        const shown = JSON.parse((await ask("GET", `/connections${query}`)).text);
        expect([query, shown.total, shown.connections.length]).toEqual([query, 3, listed]);
        const impact = JSON.parse((await ask("POST", `/impact${query}`, policy("web-1"))).text);
        expect([query, impact.counts.cut, impact.connections.length]).toEqual([query, 3, listed]);
      }
      for (const live of lives) expect((await live.exercise(1_000))[0]?.answer).toBe("pass"); // asking changes nothing
      await Promise.all(lives.map((live) => live.close()));
    });

    test.each([
      ["PUT", "/impact", 405, "POST"],
      ["GET", "/impact", 405, "POST"],
      ["POST", "/connections", 405, "GET"],
      ["DELETE", "/status", 405, "GET"],
      ["POST", "/ready", 405, "GET"],
      ["GET", "/elsewhere", 404, undefined],
      ["POST", "/elsewhere", 404, undefined],
      ["GET", "/connections/1", 404, undefined],
      ["GET", "//", 400, undefined],
    ])("%s %s is %i", async (method, path, status, allow) => {
      const answer = await ask(method, path);
      expect(answer).toMatchObject({ status, allow });
      expect(answer.text).toMatch(/\S+ \S+/);
    });

    describe("a policy that is asked about", () => {
      test.each([
        ["of another proxy", policy("web-2"), /default\/web-2/],
        ["of nobody", Buffer.alloc(0), /\w+/],
        ["that is none", Buffer.from("type: MeshPassthrough"), /\w+/],
        ["cut short", policy("web-1").subarray(0, -3), /\w+/],
      ])("%s is refused, with the reason", async (_, body, text) => {
        const answer = await ask("POST", "/impact", body);
        expect(answer).toMatchObject({ status: 400, text: expect.stringMatching(text) });
      });

      test("is refused if it is too large, at once where it says so, and the answer arrives", async () => {
        const large = { status: 413, allow: undefined, text: `the body is larger than ${LARGEST} bytes` };
        expect(await ask("POST", "/impact", Buffer.alloc(LARGEST + 1))).toEqual(large);
        expect(
          await say(`POST /impact HTTP/1.1\r\nHost: x\r\nContent-Length: ${LARGEST + 1}\r\nConnection: close\r\n\r\n`),
        ).toContain("413");
        expect((await ask("POST", "/impact", Buffer.alloc(LARGEST))).status).toBe(400);
      });

      test("that stops half way is given up, others are answered meanwhile, and memory stays", async () => {
        const pid = (await sidecar.running.pid()) ?? 0;
        const before = memoryOf(pid).rss;
        const half = `POST /impact HTTP/1.1\r\nHost: x\r\nContent-Length: ${LARGEST}\r\n\r\n${"x".repeat(LARGEST / 2)}`;
        const stopped = Array.from({ length: 20 }, () => say(half));
        const silent = [say("POST /impact HTTP/1.1\r\nHo"), say("")];
        await expect.poll(async () => (await ask("POST", "/impact", policy("web-1"))).status).toBe(503);
        expect((await ask("GET", "/status")).status).toBe(200);
        expect(memoryOf(pid).rss - before).toBeLessThan(120 << 20);
        const answers = (await Promise.all([...stopped, ...silent])).map((text) => text.split("\r\n")[0]);
        expect(new Set(answers.map((line) => line?.split(" ")[1] ?? ""))).toEqual(new Set(["408", "503"]));
        expect((await ask("POST", "/impact", policy("web-1"))).status).toBe(200);
      });
    });
  });
