/** What a sidecar makes of its host and of the Dataplane: whose redirection it is, ports, families, the proxy's mark. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeReal, envoys } from "../engines/requirements.ts";
import { policyOf, type SidecarBed, type SidecarProcess, startSidecarBed } from "./sidecar-bed.ts";

let bed: SidecarBed;
let sidecar: SidecarProcess;

const API = "tls://api.example.com:443@203.0.113.7";
const EVIL = "tls://evil.example.com:443@203.0.113.7";
const RULES = ["tls Domain api.example.com 443", "tcp IP 203.0.113.7 25", "tcp IP 2001:db8::7 25"];
const POLICY = policyOf("Matched", ...RULES);

const answer = async (text: string) => (await bed.probe(text, { waitMs: 3_000 })).answer;
const nft = async (text: string) => {
  const { code, stderr } = await bed.testbed.namespaces.workload.run(["nft", "-f", "-"], { input: text });
  expect(code, stderr).toBe(0);
};
const isReady = (process: SidecarProcess) => process.until((line) => "ready" in line && line.envoy === undefined);
async function stop(): Promise<void> {
  process.kill((await sidecar.running.pid()) ?? 0, "SIGTERM");
  await sidecar.running.exited;
}

for (const { name, binary, missing } of envoys.slice(0, 1))
  describeReal(`a sidecar and its host, with the ${name}`, missing, () => {
    beforeAll(async () => {
      bed = await startSidecarBed(binary);
      await bed.testbed.destinations.listen([443]);
      await bed.testbed.destinations.listen([25], { kind: "banner", text: "220 hello\r\n" });
      sidecar = await bed.sidecar();
      await bed.push(POLICY);
      await isReady(sidecar);
    }, 60_000);
    afterAll(async () => {
      await bed?.close();
    });

    test("the workload can neither take the proxy's mark nor its user, and is redirected whatever it tries", async () => {
      const script = `
      import koffi from "koffi";
      import { connect } from "node:net";
      const libc = koffi.load(null);
      const fd = libc.func("int socket(int, int, int)")(2, 1, 0);
      const mark = Buffer.from([0x11, 0x5a, 0, 0]);
      const marked = libc.func("int setsockopt(int, int, int, void *, int)")(fd, 1, 36, mark, 4);
      const errno = koffi.errno();
      let uid = 0;
      try { process.setuid(5678); uid = process.getuid(); } catch (error) { uid = error.code; }
      connect(443, "203.0.113.66").on("connect", function () { this.write("GET / HTTP/1.0\\r\\n\\r\\n"); })
        .on("error", (error) => { console.log(JSON.stringify({ marked, errno, uid, end: error.code })); });`;
      const run = await bed.testbed.namespaces.workload.run([process.execPath, "--input-type=module", "-e", script], {
        as: "workload",
        cwd: process.cwd(),
      });
      const EPERM = 1;
      expect(JSON.parse(run.stdout || "{}"), run.stderr).toEqual({
        marked: -1,
        errno: EPERM,
        uid: expect.stringMatching(/EPERM|EINVAL/),
        end: "ECONNRESET",
      });
      expect((await bed.testbed.destinations.packets()).filter(({ ip }) => ip === "203.0.113.66")).toEqual([]);
    });

    test("the listener follows the Dataplane's port, and the redirection with it", async () => {
      expect(await bed.push(POLICY, { redirectPortOutbound: 16_001 })).toBe("accepted");
      expect(await answer(API)).toBe("pass");
      expect(await answer(EVIL)).toBe("reset");
      expect(await answer("opaque://127.0.0.1:16001")).toBe("refused");
      expect(await bed.push(POLICY, { redirectPortOutbound: 15_003 })).toMatch(/both listeners would be on port 15003/);
      expect(await bed.push(POLICY)).toBe("accepted");
      expect(await answer(API)).toBe("pass");
    });

    test("IPv6 to the outside is refused where the Dataplane has none", async () => {
      expect(await answer("opaque://[2001:db8::7]:25")).toBe("pass");
      expect(await bed.push(POLICY, { ipFamilyMode: "IPv4" })).toBe("accepted");
      expect(["refused", "unreachable"]).toContain(await answer("opaque://[2001:db8::7]:25"));
      expect(await answer(API)).toBe("pass");
      expect(await bed.push(POLICY)).toBe("accepted");
      expect(await answer("opaque://[2001:db8::7]:25")).toBe("pass");
    });

    test("where it may only look at the redirection, it does not start without one", async () => {
      await stop();
      expect(await answer(API)).toBe("refused");
      sidecar = await bed.sidecar({ redirect: "verify-only" });
      await isReady(sidecar);
      expect(await answer(API)).toBe("pass");
      expect(await answer(EVIL)).toBe("reset");
      await stop();
      await nft("delete table inet sallyport\n");
      const { failed } = await (await bed.sidecar({ redirect: "verify-only" })).until((line) => "failed" in line);
      expect(failed).toMatch(/not in force \(there is none\): run `sallyport redirect install`/);
    });

    test("behind somebody else's redirection, servers that speak first wait for half a second", async () => {
      const own = bed.testbed.namespaces.privilege === "root" ? "meta skuid 5678" : "meta mark 0x5a11";
      await nft(`table inet other {
      chain out {
        type nat hook output priority -100; policy accept;
        ${own} return
        fib daddr type local return
        meta l4proto tcp redirect to :15001
      }
    }\n`);
      sidecar = await bed.sidecar({ redirect: "none" });
      await isReady(sidecar);
      expect(await answer(API)).toBe("pass");
      expect(await answer(EVIL)).toBe("reset");
      const banner = await bed.probe("opaque://203.0.113.7:25", { speech: { kind: "bytes", send: "" } });
      expect(banner.answer).toBe("pass");
      expect(banner.exchanges[0]?.ms).toBeGreaterThan(400);
      expect(banner.exchanges[0]?.ms).toBeLessThan(1_500);
      expect(await answer("opaque://127.0.0.1:15001")).toBe("reset");
      const { stdout } = await bed.testbed.namespaces.workload.run(["nft", "list", "tables"]);
      expect(stdout.trim()).toBe("table inet other");
    });
  });
