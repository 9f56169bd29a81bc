/**
 * Open connections after a change: those that the rules no longer admit are cut one by one, on the workload's side, or
 * have a time to end, or are kept, as the new policy says.
 *
 *   change accepted ──▶ what Envoy passes through ─▶ cut ──(one flush interval)──▶ the same again, running requests,
 *                       and sockets that nobody can explain ─▶ cut
 *
 * Nothing else is ever touched: a socket is named by its addresses, its ports and the kernel's cookie.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { LOG_FLUSH_MS } from "../../compile/envoy/index.ts";
import { type Loss, lossOf, type Now } from "../../policy/impact/index.ts";
import type { EffectivePolicy } from "../../policy/model/index.ts";
import { errorText } from "../host/index.ts";
import type { PassedConnection } from "../report/index.ts";
import { cutDoomed, type RevocationSettings } from "./cut-doomed.ts";
import { type Change, type Doomed, judgeOf } from "./doomed.ts";
import { type FarewellCounts, farewell } from "./farewell.ts";
import { type Foresight, foresight } from "./foretell.ts";
import { unseenSockets } from "./unseen.ts";

export interface Revocation extends Foresight {
  /** What an earlier agent left: these sockets are open, and only the known ones can be explained. */
  adopt(): void;
  /** Records were lost: what is open and not known may be anything, and a change of late may have missed it. */
  blind(): Promise<void>;
  /** This policy was in force before this agent was: judge anew what it may have left half done. */
  review(inForce: EffectivePolicy): Promise<void>;
  /** A change is on its way: from now on connections may begin under either policy. */
  begins(after: EffectivePolicy): void;
  /** It was refused: what was in force before still is. */
  stays(): Promise<void>;
  /** A change is in force. Resolves after the first cuts; the second look follows by itself. */
  changed(change: Change): Promise<void>;
  /** A connection is reported that may have begun before the last change. */
  late(connection: PassedConnection): Promise<void>;
  /** Resolves when no second look is due. */
  idle(): Promise<void>;
  readonly counts: FarewellCounts;
}

/** Records are late by one interval, and a little for the way. */
const SECOND_LOOK_MS = LOG_FLUSH_MS + 50;
export function revocation(settings: RevocationSettings): Revocation {
  const { connections, conntrack, rawPort, log } = settings;
  const judge = judgeOf(connections, conntrack, rawPort);
  const unseen = unseenSockets(settings);
  let last: Change | undefined;
  let coming: EffectivePolicy | undefined;
  let looks: Promise<void> = Promise.resolve();

  const nowOf = (after: EffectivePolicy): Now => (coming === undefined ? [after] : [after, coming]);
  const isDoomed = (one: Doomed): boolean => last !== undefined && judge.still(one, last, nowOf(last.after));
  const cuts = cutDoomed(settings);
  const bye = farewell(settings, cuts, (one) => {
    if (last !== undefined && isDoomed(one)) void safely(cuts.cut([one], last.after));
  });

  const secondLook = async (change: Change, loss: Loss): Promise<void> => {
    await sleep(SECOND_LOOK_MS);
    const { after } = last ?? change;
    const passed = await judge.passed(change, nowOf(after), loss);
    const now = nowOf(after);
    const doomed = [...passed, ...judge.requests(change, now), ...judge.unexplained(unseen.sockets(), now, loss)];
    await bye.say(doomed, after);
    tidy();
  };
  /** Whatever the kernel no longer has is no longer open, also if its end was never reported. */
  const tidy = () => unseen.tidy(Date.now() - 2 * SECOND_LOOK_MS);
  const safely = (what: Promise<void>): Promise<void> =>
    what.catch((error: unknown) =>
      log.error({ error: errorText(error) }, "cannot look at open connections after a change"),
    );
  const look = (change: Change, loss: Loss): Promise<void> =>
    safely(judge.passed(change, [change.after], loss).then((doomed) => bye.say(doomed, change.after)));
  /** What is left of earlier changes, or was spared for a policy that is none now. */
  const lookAgain = (after: EffectivePolicy): Promise<void> =>
    look({ before: after, after, at: Date.now() }, { kind: "anything" });

  return {
    adopt: unseen.adopt,
    async blind() {
      if (!unseen.missing() || last === undefined) return;
      const { after } = last;
      const doomed = judge.unexplained(unseen.sockets(), nowOf(after), { kind: "anything" });
      await safely(bye.say(doomed, after));
      tidy();
    },
    async review(after) {
      if (last !== undefined) return;
      last = { before: after, after, at: Date.now() };
      await lookAgain(after);
    },
    begins(after) {
      coming = after;
    },
    async stays() {
      coming = undefined;
      if (last !== undefined) await lookAgain(last.after);
    },
    async changed(change) {
      [last, coming] = [change, undefined];
      bye.pardon(isDoomed);
      const loss = lossOf(change.before, change.after, settings.revocation);
      await look(change, loss);
      if (loss.kind === "nothing") return;
      unseen.less();
      looks = Promise.all([looks, safely(secondLook(change, loss))]).then(() => {});
    },
    async late(connection) {
      if (last === undefined) return;
      const { after } = last;
      const doomed = judge.one(connection, last, nowOf(after));
      if (doomed !== undefined) await safely(bye.say([doomed], after));
    },
    idle: () => looks,
    ...foresight(settings, { judge, cuts, bye, unexplained: unseen.sockets }),
    get counts() {
      return bye.counts;
    },
  };
}
