/**
 * A sidecar as a process of its own, for `sidecar*.test.ts`: settings as JSON in the first argument. Says `ready` and
 * what became of each policy on standard output; a line `stop` on standard input ends it in order.
 */
import { createInterface } from "node:readline";
import { type Sidecar, type SidecarSettings, start } from "../../src/data-plane/index.ts";
import { resourceSet } from "../../src/xds/index.ts";

interface ProgramSettings {
  readonly sidecar: SidecarSettings;
  /** A policy with this many rules is given to Envoy with a listener that Envoy refuses. */
  readonly spoilAtRules?: number;
}

const { sidecar: settings, spoilAtRules }: ProgramSettings = JSON.parse(process.argv[2] ?? "{}");
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

let sidecar: Sidecar;
try {
  sidecar = await start(settings, {
    compile: (real) => (policy, ports) => {
      const compiled = real(policy, ports);
      if (policy.policy.rules.length !== spoilAtRules) return compiled;
      const { snapshot } = compiled;
      // the outbound listener keeps its name and says something that Envoy cannot accept
      const listeners = [...snapshot.listeners.values()].map((listener) =>
        listener.name === "mp:out" ? spoiled(listener) : listener,
      );
      return { ...compiled, snapshot: { ...snapshot, listeners: resourceSet(listeners) } };
    },
  });
} catch (error) {
  say({ failed: String(error) });
  process.exit(1);
}
void sidecar.enforcing.then(() => say({ enforcing: true }));
void sidecar.ready.then(() => say({ ready: true }));
const stop = async () => {
  await sidecar.stop();
  process.exit(0);
};
process.on("SIGTERM", stop);
createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "stop") void stop();
  if (line === "status") say(sidecar.status());
});

function spoiled<T extends { readonly field: Uint8Array; readonly hash: string }>(listener: T): T {
  const field = Buffer.from(listener.field);
  // the address of the listener: same length, and no address
  const at = field.indexOf("127.0.0.1");
  field.write("127.0.0.x", at);
  return { ...listener, field, hash: `${listener.hash}x` };
}
