/** Where the processes of the testbed begin; `entry.ts` knows how to start them. Bundles to `testbed-process.js`. */
import { serve } from "./channel.ts";
import { destinationsHandlers } from "./destinations.ts";
import { becomeWorkload, proberHandlers } from "./prober.ts";

const [part, uid] = process.argv.slice(2);
if (part === "destinations") await serve(destinationsHandlers(), process.stdin, process.stdout);
if (part === "prober") {
  if (uid !== undefined) becomeWorkload(Number(uid));
  await serve(proberHandlers(), process.stdin, process.stdout);
}
process.exit(0); // whatever is still open ends with the input
