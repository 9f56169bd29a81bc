import { formatIp } from "../../policy/net/index.ts";
import type { Observed, Testbed } from "../../testbed/index.ts";
import type { Plan, Planned } from "./plan.ts";

/** What became of one connection. */
export interface Outcome {
  readonly planned: Planned;
  readonly verdict: "allow" | "deny";
  /** As the client saw it: `pass`, `503`, `reset` … */
  readonly answer: Observed["answer"];
  /** Denied, and yet a packet reached the destination. */
  readonly leaked: boolean;
}

const AT_A_TIME = 12;

/** Makes all connections of the plan at once, and counts at their destinations what arrived. */
export async function observe({ prober, destinations }: Testbed, plan: Plan): Promise<readonly Outcome[]> {
  await destinations.reset();
  const observed = await prober.probeAll(
    plan.connections.map(({ probe }) => probe),
    AT_A_TIME,
  );
  const packets = await destinations.packets();
  const reached = new Set(packets.filter((p) => p.protocol === "tcp" && p.packets > 0).map((p) => `${p.ip} ${p.port}`));
  const verdicts = plan.connections.map((planned, i) => ({
    planned,
    answer: observed[i]?.answer ?? ("other" as const),
  }));
  // Counters are per destination: one that another connection may reach says nothing of this one.
  const mayBeReached = new Set(
    verdicts.filter(({ answer }) => answer === "pass").map(({ planned }) => placeOf(planned)),
  );
  return verdicts.map(({ planned, answer }) => {
    const place = placeOf(planned);
    const verdict = answer === "pass" ? "allow" : "deny";
    return { planned, answer, verdict, leaked: verdict === "deny" && reached.has(place) && !mayBeReached.has(place) };
  });
}

const placeOf = ({ connection: { destination } }: Planned): string => `${formatIp(destination.ip)} ${destination.port}`;

/** Was it as the test file wants, its answer included where it names one, and did nothing leak? */
export function isAsWanted({ planned, verdict, answer, leaked }: Outcome): boolean {
  const { want, answer: wanted } = planned.case;
  return verdict === want && !leaked && (wanted === undefined || wanted === answer);
}
