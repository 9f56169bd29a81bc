/** Started by testbed.test.ts to be killed: makes a testbed with processes in it, tells their ids, and waits. */
import { preflight, startTestbed } from "../../src/testbed/index.ts";

const testbed = await startTestbed();
const { workload, world } = testbed.namespaces;
await testbed.destinations.listen([80]);
const stubborn = ["sh", "-c", "trap '' TERM HUP INT; setsid sleep 1000 & while :; do sleep 1000; done"];
const running = [workload.spawn(stubborn), workload.spawn(stubborn, { as: "workload" }), world.spawn(stubborn)];
const pids = await Promise.all(running.map((process) => process.pid()));
const reached = await testbed.prober.probe({
  to: { ip: "203.0.113.7", port: 80 },
  speech: { kind: "bytes", send: "x\n" },
});
const able = await preflight();
process.stdout.write(
  `${JSON.stringify({ pids, answer: reached.answer, privilege: able.ok ? able.privilege : "none" })}\n`,
);
setInterval(() => undefined, 1_000);
