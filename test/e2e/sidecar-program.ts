/**
 * A sidecar as a process of its own, for `sidecar*.test.ts`: settings as JSON in the first argument. Says `ready` and
 * what became of each policy on standard output; a line `stop` on standard input ends it in order.
 */
import { createInterface } from "node:readline";
import { type Sidecar, type SidecarSettings, start } from "../../src/data-plane/index.ts";
import { type ResourceSet, resourceSet } from "../../src/xds/index.ts";

interface ProgramSettings {
  readonly sidecar: SidecarSettings;
  /** A fault of the compiler: whatever it makes, Envoy and throw-away Envoys get the second text for the first. */
  readonly spoil?: readonly (readonly [string, string])[];
}

const { sidecar: settings, spoil = [] }: ProgramSettings = JSON.parse(process.argv[2] ?? "{}");
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

let sidecar: Sidecar;
try {
  sidecar = await start(settings, {
    compile: (real) => (policy, ports) => {
      const compiled = real(policy, ports);
      const { listeners, routes, clusters } = compiled.snapshot;
      return { ...compiled, snapshot: { listeners: spoiled(listeners), routes: spoiled(routes), clusters } };
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

function spoiled(set: ResourceSet): ResourceSet {
  return resourceSet(
    [...set.values()].map((resource) => {
      const texts = spoil.filter(([from]) => Buffer.from(resource.field).includes(from));
      if (texts.length === 0) return resource;
      // same length, so that the message around it stays whole
      const text = texts.reduce(
        (all, [from, to]) => all.replaceAll(from, to),
        Buffer.from(resource.field).toString("latin1"),
      );
      return { ...resource, field: Buffer.from(text, "latin1"), hash: `${resource.hash}x` };
    }),
  );
}
