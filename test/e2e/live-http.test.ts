/**
 * Live HTTP connections: after an edit the next request gets what `decide` says, whatever chain took the connection in.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { decide } from "../../src/policy/decide/index.ts";
import { addressed, parseConnection } from "../../src/policy/model/index.ts";
import type { Live } from "../../src/testbed/index.ts";
import { describeReal, envoys } from "../engines/requirements.ts";
import { policyOf, type SidecarBed, startSidecarBed } from "./sidecar-bed.ts";

/** Each names its port, or leaves it open, by name or by address; in an order in which each follows several others. */
const EDITS: readonly (readonly string[])[] = [
  ["http Domain a.test"],
  ["http Domain a.test 80"],
  ["http Domain *.test 8080"],
  ["http Domain a.test", "http Domain b.test 80"],
  ["http2 Domain a.test 80", "http Domain b.test 8080"],
  ["http CIDR 203.0.113.0/24"],
  ["http2 CIDR 203.0.113.0/24 80", "grpc Domain *.test"],
  ["tcp IP 203.0.113.7 80", "http Domain b.test 8080"],
  [],
  ["http Domain *.test 80", "http2 IP 203.0.113.7"],
  ["http Domain a.test", "http2 Domain a.test 8080"],
  ["grpc Domain a.test 80", "tcp CIDR 203.0.113.0/24 8080"],
];
const CONNECTIONS = ["http", "h2c", "grpc"].flatMap((scheme) =>
  [80, 8080].flatMap((port) => ["a.test", "b.test"].map((name) => `${scheme}://${name}:${port}@203.0.113.7`)),
);

for (const { name, binary, missing } of envoys)
  describeReal(`live HTTP connections with the ${name}`, missing, () => {
    let bed: SidecarBed;
    beforeAll(async () => {
      bed = await startSidecarBed(binary);
      await bed.testbed.destinations.listen([80, 8080]);
      await bed.sidecar();
    });
    afterAll(() => bed?.close());

    test.each([
      ["began where no rule named a port", ["http CIDR 0.0.0.0/0"]],
      ["began where rules named their ports", ["http CIDR 0.0.0.0/0 80", "http CIDR 0.0.0.0/0 8080"]],
    ])("that %s", async (_, rules) => {
      expect(await bed.push(policyOf("Matched", ...rules))).toBe("accepted");
      const live = new Map<string, Live>();
      for (const text of CONNECTIONS) live.set(text, await bed.testbed.prober.hold(bed.probeOf(text)));
      for (const edit of EDITS) {
        const policy = policyOf("Matched", ...edit);
        expect(await bed.push(policy)).toBe("accepted");
        for (const [text, one] of live) {
          const answer = (await one.exercise(5_000))[0]?.answer;
          expect(`${answer} for ${text} after ${edit.join(", ")}`).toBe(
            `${wanted(policy, text)} for ${text} after ${edit.join(", ")}`,
          );
        }
      }
      for (const one of live.values()) await one.close();
    });

    test("no client chooses the port that its request is judged by, and no destination sees it", async () => {
      await bed.push(policyOf("Matched", "http Domain b.test"));
      await bed.push(policyOf("Matched", "http Domain b.test", "http Domain a.test 8080"));
      for (const host of ["a.test", "b.test"]) {
        const headers = ["x-sallyport-port", "X-Sallyport-Port"].map((field) => [field, ":8080"] as const);
        const speech = {
          kind: "http1",
          requests: [{ version: "1.1", headers: [["Host", host], ...headers] }],
        } as const;
        const { answer, exchanges } = await bed.probe(`http://${host}:80@203.0.113.7`, { speech });
        expect(answer, host).toBe(host === "a.test" ? "503" : "pass");
        expect(JSON.stringify(exchanges)).not.toContain("x-sallyport-port");
      }
      const records = await bed.testbed.destinations.records();
      expect(JSON.stringify(records).toLowerCase()).not.toContain("x-sallyport");
    });
  });

function wanted(policy: ReturnType<typeof policyOf>, text: string): string {
  const parsed = parseConnection(text);
  const connection = parsed.ok ? addressed(parsed.value) : undefined;
  if (connection === undefined) throw new Error(text);
  if (decide(policy, connection).kind === "allow") return "pass";
  return text.startsWith("grpc") ? "grpc-14" : "503";
}
