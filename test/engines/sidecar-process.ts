/** A sidecar as a process of its own, for tests: settings as JSON in the first argument, a line on stdout when ready. */
import { start } from "../../src/data-plane/index.ts";

const sidecar = await start(JSON.parse(process.argv[2] ?? "{}"));
for (const signal of ["SIGTERM", "SIGINT"] as const)
  process.on(signal, () => void sidecar.stop().then(() => process.exit(0)));
await sidecar.enforcing;
process.stdout.write("enforcing\n");
await sidecar.ready;
process.stdout.write("ready\n");
