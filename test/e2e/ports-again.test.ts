/**
 * Ports are used again, and the kernel remembers for some seconds where a connection went that was reset. A later one
 * with the same ports and destination must be redirected by the rules of the moment, whoever had the earlier one.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeReal, envoys } from "../engines/requirements.ts";
import { policyOf, type SidecarBed, startSidecarBed } from "./sidecar-bed.ts";

const NAME = "tls Domain api.example.com 443";
const CLOSED = { ip: "203.0.113.9", port: 9999 };
const PROXY_UID = 5678;

for (const { name, binary, missing } of envoys.slice(0, 1))
  describeReal(`ports that are used again, with the ${name}`, missing, () => {
    let bed: SidecarBed;
    beforeAll(async () => {
      bed = await startSidecarBed(binary);
      await bed.testbed.destinations.listen([80, 443]);
      await bed.sidecar();
    });
    afterAll(() => bed?.close());

    test("the workload does not get out by a port that the proxy had", async () => {
      await bed.push(policyOf("None"));
      const synsBefore = await synsTo(CLOSED);
      for (let port = 41_000; port < 41_005; port++) {
        await connectAs(PROXY_UID, port);
        const { answer } = await bed.probe(`opaque://${CLOSED.ip}:${CLOSED.port}`, { fromPort: port, waitMs: 8_000 });
        expect(answer).toBe("reset");
      }
      expect((await synsTo(CLOSED)) - synsBefore).toBe(5);
    });

    test("the proxy's own connection is not sent to itself by a port that the workload had", async () => {
      await bed.push(policyOf("None"));
      const synsBefore = await synsTo(CLOSED);
      for (let port = 42_000; port < 42_005; port++) {
        expect((await bed.probe(`opaque://${CLOSED.ip}:${CLOSED.port}`, { fromPort: port })).answer).toBe("reset");
        await connectAs(PROXY_UID, port);
      }
      expect((await synsTo(CLOSED)) - synsBefore).toBe(5);
    });

    test("after a cut, a connection with the same ports is decided anew", async () => {
      const probe = bed.probeOf("tls://api.example.com:443@203.0.113.7", { fromPort: 43_000 });
      for (let i = 0; i < 3; i++) {
        await bed.push(policyOf("Matched", NAME, "tcp IP 203.0.113.7 443"));
        const held = await bed.testbed.prober.hold(probe);
        expect(held.opened.answer).toBe("pass");
        await bed.push(policyOf("Matched", NAME));
        await expect.poll(() => bed.testbed.prober.ends().then((ends) => ends.get(held.id)?.how)).toBe("reset");
        expect((await bed.testbed.prober.probe(probe)).answer).toBe("pass");
        await held.close();
      }
    });

    async function synsTo({ ip, port }: typeof CLOSED): Promise<number> {
      const packets = await bed.testbed.destinations.packets();
      return packets.find((count) => count.ip === ip && count.port === port)?.packets ?? 0;
    }

    /** Connect to the closed port as another user, and wait for the refusal. */
    async function connectAs(uid: number, localPort: number): Promise<void> {
      const program = `process.setgid(${uid}); process.setuid(${uid});
        require("node:net").connect({ host: "${CLOSED.ip}", port: ${CLOSED.port}, localPort: ${localPort} })
          .on("error", ({ code }) => process.stdout.write(code))`;
      const { stdout } = await bed.testbed.namespaces.workload.run([process.execPath, "-e", program]);
      expect(stdout).toBe("ECONNREFUSED");
    }
  });
