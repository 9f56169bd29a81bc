import { baseResources } from "../compile/classic/index.ts";
import type { Dataplane, Mesh, MeshPassthrough, PolicyRef, Rule, Sourced } from "../policy/model/index.ts";
import type { Port } from "../policy/net/index.ts";
import {
  ALL_ADDRESSES,
  boxSpace,
  breadth,
  type ConnectionClass,
  classesSpace,
  connectionClasses,
  difference,
  familyPart,
  freePort,
  intersection,
  policySpace,
  renderClass,
  type Space,
  TRAFFIC,
  union,
} from "../policy/space/index.ts";
import type { Answer, Arrival } from "../simulate/index.ts";
import type { Difference } from "./differences.ts";
import { kumaSpace } from "./kuma-space.ts";
import { explain, type KumaWorld, kumaWorld } from "./kuma-world.ts";
import { type Refusal, refusalsOf } from "./refusals.ts";
import { toItself, type Variant, variantsOf } from "./variants.ts";

/** Connections whose verdict differs, with one of them as witness. */
export interface VerdictDifference {
  readonly documented: "allow" | "deny";
  /** What Kuma's Envoy does with the witness. */
  readonly kuma: Answer;
  /** The differences that explain the witness, together. */
  readonly because: readonly Difference[];
  /** All of the connections, in words. */
  readonly connections: string;
  /** All of them, exactly; absent where only the way of sending makes them different. */
  readonly class?: ConnectionClass;
  readonly witness: Arrival;
  /** For what only the way of sending makes different: rules that show it. */
  readonly rules?: readonly PolicyRef[];
}

/** One proxy under Kuma 2.9. */
export interface KumaComparison {
  readonly dataplane: Dataplane;
  /**
   * `frozen`: Kuma fails to generate anything, and the proxy keeps what it has. `refused`: Envoy does not take the listener,
   * and nothing leaves the mesh. Verdicts are compared where it is `enforced`.
   */
  readonly state: "enforced" | "frozen" | "refused" | "not enforced";
  readonly refusals: readonly Refusal[];
  /** Most permissive first: what the documentation allows and Kuma does not, `tcp` before all; then what Kuma allows. */
  readonly differences: readonly VerdictDifference[];
  /** Ports on which Envoy's choice is not defined: a block of all addresses beside names. */
  readonly undefinedPorts: readonly (Port | "any")[];
  /** Only IPv4 is compared: Kuma does not redirect the rest, so nothing polices it. */
  readonly onlyIpv4: boolean;
}

/** Compare the meaning of the documentation with Kuma 2.9's Envoy for one proxy. `policies` may hold any; labels are computed. */
export function compareKuma(
  mesh: Mesh | undefined,
  policies: readonly MeshPassthrough[],
  dataplane: Dataplane,
): KumaComparison {
  const world = kumaWorld(mesh, policies, dataplane);
  const onlyIpv4 = dataplane.transparentProxying?.ipFamilyMode === "IPv4";
  const bare = { dataplane, refusals: [], differences: [], undefinedPorts: [], onlyIpv4 } as const;
  if (world.documented.enforced !== true) return { ...bare, state: "not enforced" };
  const base = baseResources(dataplane.transparentProxying, true);
  const isSound = world.error === undefined && world.model.faults.length === 0;
  if (!isSound) {
    const refusals = refusalsOf(world.kuma, base);
    return { ...bare, refusals, state: world.error === undefined ? "refused" : "frozen" };
  }
  const differences = mostPermissiveFirst([...bySpace(world, onlyIpv4), ...byVariant(world, onlyIpv4)]);
  return { ...bare, state: "enforced", differences, undefinedPorts: undefinedPorts(world) };
}

/** Exact, for all that sets of connections can say. */
function bySpace(world: KumaWorld, onlyIpv4: boolean): VerdictDifference[] {
  const [documented, kuma] = [policySpace(world.documented), kumaSpace(world.kuma)].map((space) =>
    onlyIpv4 ? intersection(space, IPV4) : space,
  );
  if (documented === undefined || kuma === undefined) return [];
  return [
    ...connectionClasses(difference(documented, kuma)).map((c) => fromClass(world, "allow", c)),
    ...connectionClasses(difference(kuma, documented)).map((c) => fromClass(world, "deny", c)),
  ];
}

const IPV4: Space = TRAFFIC.map((traffic) => boxSpace({ traffic, addresses: familyPart(ALL_ADDRESSES, 4) })).reduce(
  (a, b) => union(a, b),
);

function fromClass(world: KumaWorld, documented: "allow" | "deny", found: ConnectionClass): VerdictDifference {
  const witness = { connection: found.witness };
  return {
    documented,
    kuma: world.answer(witness) ?? "closed",
    because: explain(world, witness),
    connections: renderClass(found),
    class: found,
    witness,
  };
}

/** What only the way of sending makes different: one witness for each way and reason, with the rules that show it. */
function byVariant(world: KumaWorld, onlyIpv4: boolean): VerdictDifference[] {
  const found = new Map<string, VerdictDifference & { readonly rules: PolicyRef[] }>();
  const note = ({ arrival, how, plain }: Variant, rule?: Sourced<Rule>): void => {
    if (onlyIpv4 && arrival.connection.destination.ip.family === 6) return;
    const kuma = world.answer(arrival);
    if (kuma === undefined || kuma === "unclear" || !differs(world, arrival)) return;
    if (plain !== undefined && differs(world, plain)) return; // what differs in any case is said already
    const documented = world.isDocumented(arrival) ? "allow" : "deny";
    // Asking for the reason takes long, and rules of one kind have one.
    const key = JSON.stringify([how, documented, kuma, rule?.value.protocol, rule?.value.match.type]);
    let known = found.get(key);
    if (known === undefined) {
      known = { documented, kuma, because: explain(world, arrival), connections: how, witness: arrival, rules: [] };
      found.set(key, known);
    }
    if (rule !== undefined) known.rules.push(rule.source);
  };
  const { rules } = world.documented;
  const port = freePort(new Map(rules.flatMap(({ value }) => (value.port === undefined ? [] : [[value.port, true]]))));
  if (port !== undefined) for (const rule of rules) for (const variant of variantsOf(rule, port)) note(variant, rule);
  const { address, transparentProxying } = world.dataplane;
  const proxy = { address, port: transparentProxying?.redirectPortOutbound ?? 0 };
  for (const variant of toItself(
    proxy,
    rules.map(({ value }) => value),
  ))
    note(variant);
  return joined([...found.values()]);
}

const differs = ({ isDocumented, answer }: KumaWorld, arrival: Arrival): boolean =>
  isDocumented(arrival) !== (answer(arrival) === "admitted");

/** Those of one way and reason together, whatever the kinds of their rules. */
function joined(differences: readonly VerdictDifference[]): VerdictDifference[] {
  const byReason = new Map<string, VerdictDifference>();
  for (const one of differences) {
    const key = JSON.stringify([one.connections, one.documented, one.because]);
    const known = byReason.get(key);
    byReason.set(key, known === undefined ? one : { ...known, rules: [...(known.rules ?? []), ...(one.rules ?? [])] });
  }
  return [...byReason.values()];
}

/** Ports where a rule for all addresses of a family stands beside one for names. */
function undefinedPorts({ kuma }: KumaWorld): readonly (Port | "any")[] {
  const rules = kuma.rules.map(({ value }) => value);
  if (kuma.mode.value !== "Matched") return [];
  const isAll = (rule: (typeof rules)[number]) => rule.match.type === "CIDR" && rule.match.block.prefix === 0;
  const ports = [...new Set(rules.flatMap(({ port }) => port ?? []))].sort((a, b) => a - b);
  return [...ports, "any" as const].filter((port) => {
    const on = rules.filter((rule) => rule.port === undefined || rule.port === port);
    return on.some(isAll) && on.some(({ match }) => match.type === "Domain");
  });
}

/** Groups first; within one, the broader first. */
function mostPermissiveFirst(differences: readonly VerdictDifference[]): VerdictDifference[] {
  const ranked = differences.map((one) => ({
    one,
    group: groupOf(one),
    breadth: one.class === undefined ? 0n : breadth(classesSpace([one.class])),
  }));
  ranked.sort((a, b) => a.group - b.group || (a.breadth > b.breadth ? -1 : a.breadth < b.breadth ? 1 : 0));
  return ranked.map(({ one }) => one);
}

const groupOf = ({ documented, because, rules }: VerdictDifference): number =>
  (documented === "allow" ? 0 : 4) + (rules === undefined ? 0 : 2) + (because.includes("D17") ? 0 : 1);
