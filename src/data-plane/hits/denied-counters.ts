/** Why something did not get out, in a few words that stay the same: they name metrics. */
export const DENIED_BECAUSE = [
  "no policy yet",
  "mode None",
  "no rule",
  /** The policy says otherwise: a fault of ours. */
  "disagreement",
  "undecided",
  "to the proxy itself",
  "upgrade",
  "no host",
  "request target",
  "headers too large",
  "headers too late",
  "malformed",
  "overload",
  "other",
] as const;
export type DeniedBecause = (typeof DENIED_BECAUSE)[number];

/** One denied connection or request. */
export interface Denied {
  readonly because: DeniedBecause;
  /** The form that `sallyport why` takes, with its address; absent where Envoy refused it whatever the rules say. */
  readonly connection?: string;
  /** Address and port that were dialled. */
  readonly destination: string;
  readonly answer: string;
  /** ms since 1970. */
  readonly at: number;
}

/** Denials of one kind to one place: a name and port, or an address and port where there was no name. */
export interface DeniedCount {
  readonly because: DeniedBecause;
  count: number;
  first: number;
  last: number;
  /** Of the last one. */
  connection: string | undefined;
  destination: string;
  answer: string;
}

export interface SavedDenied {
  readonly reasons: readonly (readonly [because: string, count: number])[];
  readonly places: readonly (readonly [key: string, count: DeniedCount])[];
  readonly others: number;
}

export interface DeniedCounters {
  count(denied: Denied): void;
  readonly total: number;
  readonly byReason: ReadonlyMap<DeniedBecause, number>;
  /** Those counted most often, most first. A place that was forgotten and came back has counted from then. */
  places(): DeniedCount[];
  /** Denials at places that were forgotten. */
  readonly others: number;
  save(): SavedDenied;
}

/** A workload that tries everything must not fill up the agent. */
const MAX_PLACES = 1_000;
/** Characters of a connection; beyond the longest name there is, its destination has to do. */
const LONGEST = 400;

export function deniedCounters(saved?: SavedDenied): DeniedCounters {
  const reasons = new Map<DeniedBecause, number>();
  for (const [because, count] of saved?.reasons ?? []) {
    const known = DENIED_BECAUSE.find((one) => one === because) ?? "other";
    reasons.set(known, (reasons.get(known) ?? 0) + count);
  }
  const places = new Map<string, DeniedCount>((saved?.places ?? []).map(([key, count]) => [key, { ...count }]));
  let others = saved?.others ?? 0;

  /** The rarer half goes; what is asked for again and again stays. */
  const makeRoom = () => {
    const rarest = [...places].sort(([, a], [, b]) => a.count - b.count || a.last - b.last);
    for (const [key, { count }] of rarest.slice(0, MAX_PLACES / 2)) {
      places.delete(key);
      others += count;
    }
  };
  return {
    count({ because, destination, answer, at, ...denied }) {
      const connection = (denied.connection ?? "").length > LONGEST ? undefined : denied.connection;
      reasons.set(because, (reasons.get(because) ?? 0) + 1);
      // without the address where there is a name: it may have many
      const key = `${because} ${connection?.replace(NAMED, "$1") ?? destination}`;
      const place = places.get(key);
      if (place === undefined) {
        if (places.size >= MAX_PLACES) makeRoom();
        places.set(key, { because, count: 1, first: at, last: at, connection, destination, answer });
        return;
      }
      place.count++;
      if (at < place.first) place.first = at;
      if (at >= place.last) Object.assign(place, { last: at, connection, destination, answer });
    },
    get total() {
      return [...reasons.values()].reduce((sum, count) => sum + count, 0);
    },
    byReason: reasons,
    places: () => [...places.values()].sort((a, b) => b.count - a.count || b.last - a.last),
    get others() {
      return others;
    },
    save: () => ({ reasons: [...reasons], places: [...places], others }),
  };
}

/** `tls://name:443@203.0.113.7`; not `tls://:443@…`, which has no name. */
const NAMED = /^([a-z0-9]+:\/\/[^:].*)@[^@]*$/;
