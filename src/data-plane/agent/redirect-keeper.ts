import { NO_SETS, type RedirectSets, type RedirectSettings, SET_NAMES } from "../../compile/nftables/index.ts";
import { errorText, type Log } from "../host/index.ts";
import { applyRedirect, installRedirect, verifyRedirect } from "../redirect/index.ts";
import type { CompiledPolicy } from "./compiled-policy.ts";

/**
 * Keeps the redirection in step with what Envoy enforces: an address is in the sets only while Envoy's rules for it are
 * in force. Never rejects: what cannot be changed now is tried again, and until then costs at most a wait for
 * inspection, never a verdict.
 */
export interface RedirectKeeper {
  /** Before Envoy changes: only what both admit stays in the sets. */
  narrow(before: CompiledPolicy, after: CompiledPolicy): Promise<void>;
  /** After Envoy changed, or went back. */
  follow(policy: CompiledPolicy): Promise<void>;
  stop(): void;
}

interface State {
  readonly settings: RedirectSettings;
  readonly sets: RedirectSets;
}

const CHECK_MS = 5_000;
const RETRY_MS = 1_000;

/** The redirection as it was installed; the keeper owns it from now on. */
export function keepRedirect(initial: State, log: Log): RedirectKeeper {
  let wanted = initial;
  /** Undefined: unknown, since a change failed half way. */
  let inForce: State | undefined = initial;
  let work: Promise<void> = Promise.resolve();
  let retry: NodeJS.Timeout | undefined;

  const bring = async (): Promise<void> => {
    clearTimeout(retry);
    const [from, to] = [inForce, wanted];
    inForce = undefined;
    try {
      if (from === undefined) await installRedirect(to.settings, to.sets);
      else await applyRedirect(from, to);
      inForce = to;
    } catch (error) {
      log.error(
        { error: errorText(error), againInMs: RETRY_MS },
        "cannot change the redirection; what is in force stays",
      );
      retry = setTimeout(() => void enqueue(bring), RETRY_MS);
    }
  };
  const check = async (): Promise<void> => {
    try {
      const found = await verifyRedirect(wanted.settings);
      if (found.kind === "in force" || inForce === undefined) return;
      log.error({ found }, "the redirection is not as it was installed; it is installed again");
    } catch (error) {
      log.warn({ error: errorText(error) }, "cannot verify the redirection");
      return;
    }
    inForce = undefined;
    await bring();
  };
  /** One change at a time. */
  const enqueue = (task: () => Promise<void>): Promise<void> => {
    work = work.then(task);
    return work;
  };
  const checks = setInterval(() => void enqueue(check), CHECK_MS);
  checks.unref();

  return {
    async narrow(before, after) {
      if (before.redirect === undefined || after.redirect === undefined) return;
      const isStricter = before.redirect.mode === "All" && after.redirect.mode !== "All";
      const settings = isStricter ? { ...before.redirect, mode: after.redirect.mode } : before.redirect;
      wanted = { settings, sets: common(before.sets, after.sets) };
      await enqueue(bring);
    },
    async follow({ redirect, sets }) {
      if (redirect === undefined) return;
      wanted = { settings: redirect, sets };
      await enqueue(bring);
    },
    stop() {
      clearInterval(checks);
      clearTimeout(retry);
    },
  };
}

/** Elements of both. A block that only grew is left out for the moment, too: it is inspected until Envoy is ready. */
function common(a: RedirectSets, b: RedirectSets): RedirectSets {
  let sets = NO_SETS;
  for (const name of SET_NAMES) {
    const other = new Set(b[name]);
    sets = { ...sets, [name]: a[name].filter((element) => other.has(element)) };
  }
  return sets;
}
