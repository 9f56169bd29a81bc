import { revocationOf } from "../policy/impact/index.ts";
import { type EffectivePolicy, formatRevocation, type RevocationMode } from "../policy/model/index.ts";
import type { Enforcer, Revocation } from "./agent/index.ts";
import { type ConnectionsView, type LiveImpactView, viewFate, viewLive } from "./live-views.ts";
import { mostOf, type Refused } from "./most.ts";

export interface LivePagesParts {
  readonly owner: { readonly mesh: string; readonly name: string };
  readonly enforce: Pick<Enforcer, "inForce" | "proposed">;
  readonly revoke: Pick<Revocation, "open" | "foretell">;
  readonly revocation: RevocationMode;
}

/** What is open now, and what would become of it. Undefined: there is no such page. */
export interface LivePages {
  get(path: string, query: URLSearchParams): ConnectionsView | Refused | undefined;
  /** `body`: the bytes of a `sallyport.v1.EffectivePolicy`. */
  post(path: string, query: URLSearchParams, body: Uint8Array): LiveImpactView | Refused | undefined;
}

export function livePages({ owner, enforce, revoke, revocation }: LivePagesParts): LivePages {
  const who = { mesh: owner.mesh, workload: owner.name };
  const inForce = (): EffectivePolicy => enforce.inForce.compiled.policy;
  return {
    get(path, query) {
      if (path !== "/connections") return undefined;
      const most = mostOf(query, USUALLY);
      if (typeof most !== "number") return most;
      const open = revoke.open(inForce());
      return { ...who, total: open.length, connections: open.slice(0, most).map(viewLive) };
    },
    post(path, query, body) {
      if (path !== "/impact") return undefined;
      const most = mostOf(query, USUALLY);
      if (typeof most !== "number") return most;
      const after = enforce.proposed(body);
      if ("why" in after) return { refused: after.why };
      const fates = revoke.foretell(inForce(), after);
      const counts = { cut: 0, drains: 0, kept: 0, "decided later": 0, stays: 0 };
      for (const { fate } of fates) counts[fate.kind]++;
      const order = Object.keys(counts);
      const sorted = [...fates].sort((a, b) => order.indexOf(a.fate.kind) - order.indexOf(b.fate.kind));
      return {
        ...who,
        revocation: formatRevocation(revocationOf(after, revocation)),
        revocationFrom: after.revocation === undefined ? "setting" : "policy",
        total: fates.length,
        counts,
        connections: sorted.slice(0, most).map((one) => viewFate(one, after)),
      };
    },
  };
}

/** Listed where nobody says how many. */
const USUALLY = 100;
