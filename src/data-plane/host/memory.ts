import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import koffi from "koffi";

/** Gives memory back that a change of policy needed, once there is time for it. */
export interface MemoryKeeper {
  /** Something large was done. */
  soon(): void;
  stop(): void;
}

/** After this long without another change, and at the latest this long after the first one. */
const QUIET_MS = 1_000;
const LATEST_MS = 5_000;

/**
 * A change needs several times the memory that is left of it, and neither V8 nor the C library gives that back by
 * itself. Takes the event loop 20 to 40 ms; Envoy does not wait for it.
 */
export function keepMemory(collect = collector()): MemoryKeeper {
  let timer: NodeJS.Timeout | undefined;
  let since = 0;
  const look = () => {
    timer = undefined;
    collect();
  };
  return {
    soon() {
      const now = performance.now();
      if (timer === undefined) since = now;
      clearTimeout(timer);
      timer = setTimeout(look, Math.max(0, Math.min(QUIET_MS, since + LATEST_MS - now)));
      timer.unref();
    },
    stop: () => clearTimeout(timer),
  };
}

/** What it needs is not made before there is something to collect. */
function collector(): () => void {
  let collect: (() => void) | undefined;
  return () => {
    collect ??= makeCollector();
    collect();
  };
}

function makeCollector(): () => void {
  const gc = exposedGc();
  const trim = mallocTrim();
  return () => {
    // the only one that returns pages which V8 keeps for itself otherwise
    gc({ type: "major", execution: "sync", flavor: "last-resort" });
    trim?.(0);
  };
}

/**
 * V8's `gc`, from a context that is made while the flag is on. With the flag on Node's command line V8 would take none
 * of the compiled code that comes with Node, since that was compiled without: 20 ms more at each start.
 */
function exposedGc(): NodeJS.GCFunction {
  setFlagsFromString("--expose-gc");
  try {
    return runInNewContext("gc") as NodeJS.GCFunction; // what the flag puts there
  } finally {
    setFlagsFromString("--no-expose-gc");
  }
}

/** glibc has it, others need none. */
function mallocTrim(): ((keep: number) => number) | undefined {
  try {
    return koffi.load(null).func("int malloc_trim(size_t)");
  } catch {
    return undefined;
  }
}
