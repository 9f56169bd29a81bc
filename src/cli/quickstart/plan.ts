import type { AssertionCase } from "../../policy/assert/index.ts";
import { type CheckedProxy, type CheckedSuite, check } from "../../policy/check/index.ts";
import { decide } from "../../policy/decide/index.ts";
import type { Diagnostic } from "../../policy/diagnostics/index.ts";
import {
  addressed,
  type Connection,
  formatConnection,
  formatPolicyRef,
  type Reason,
  type Verdict,
} from "../../policy/model/index.ts";
import { formatIp } from "../../policy/net/index.ts";
import { type Behaviour, type Probe, probeFor } from "../../testbed/index.ts";
import type { InputText } from "../input.ts";

/** One connection of the folder's test files, and how to make it. */
export interface Planned {
  readonly case: AssertionCase;
  readonly text: string;
  readonly connection: Connection;
  readonly probe: Probe;
}

/** What the quickstart does with a folder: whom it plays, what is sent, what must listen and which names exist. */
export interface Plan {
  readonly proxy: CheckedProxy;
  readonly connections: readonly Planned[];
  readonly ports: ReadonlyMap<number, Behaviour>;
  readonly hosts: readonly { readonly address: string; readonly names: readonly string[] }[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The first words of a destination on a port where some case waits for the server. */
const BANNER = "220 ready\r\n";

/** Longer than inspection takes: a denied silent connection ends with it. */
const WAIT_MS = 7_000;

/** A plan, or why the folder gives none; the texts' faults are in `diagnostics` of the plan. */
export function planOf(
  texts: readonly InputText[],
): Plan | { readonly problem: string; readonly diagnostics: readonly Diagnostic[] } {
  const { suites, diagnostics } = check(texts);
  const [first] = suites;
  if (first === undefined) return { problem: "no `*.test.yaml` there names a proxy and connections", diagnostics };
  const others = suites.filter(({ proxy }) => proxy.dataplane.meta.name !== first.proxy.dataplane.meta.name);
  if (others.length > 0) return { problem: "its test files are about more than one proxy", diagnostics };
  const cases = suites.flatMap(({ suite }: CheckedSuite) => suite.cases);
  const without = cases.find((c) => c.connection.destination.ip === undefined);
  if (without !== undefined)
    return { problem: `\`${formatConnection(without.connection)}\` has no address: add \`@ip\``, diagnostics };
  const connections = cases.flatMap(planned);
  return { proxy: first.proxy, connections, ports: portsOf(connections), hosts: hostsOf(connections), diagnostics };
}

function planned(one: AssertionCase): Planned[] {
  const connection = addressed(one.connection);
  if (connection === undefined) return [];
  const made = probeFor(one.connection);
  const probe: Probe = isServerFirst(one) ? { ...made, speech: { kind: "bytes", send: "" } } : made;
  return [{ case: one, text: formatConnection(one.connection), connection, probe: { ...probe, waitMs: WAIT_MS } }];
}

const isServerFirst = ({ send }: AssertionCase): boolean =>
  typeof send === "object" && send !== null && "serverFirst" in send && send.serverFirst === true;

function portsOf(connections: readonly Planned[]): ReadonlyMap<number, Behaviour> {
  const ports = new Map<number, Behaviour>();
  for (const { case: one, connection } of connections) {
    const { port } = connection.destination;
    if (isServerFirst(one)) ports.set(port, { kind: "banner", text: BANNER });
    else if (!ports.has(port)) ports.set(port, { kind: "detect" });
  }
  return ports;
}

/** Names lead to the addresses that their connections give, so that `curl` in the workload finds them too. */
function hostsOf(connections: readonly Planned[]): Plan["hosts"] {
  const names = new Map<string, Set<string>>();
  for (const { connection } of connections) {
    const name =
      connection.kind === "tls" ? connection.serverName : connection.kind === "http" ? connection.host : undefined;
    if (name === undefined || !/^[a-z][a-z0-9.-]*$/.test(name)) continue;
    const address = formatIp(connection.destination.ip);
    names.set(address, (names.get(address) ?? new Set()).add(name));
  }
  return [...names].map(([address, set]) => ({ address, names: [...set] }));
}

/** What is wanted of every connection under the policies as they stand: `decide`, with a short reason. */
export function expectation(
  proxy: CheckedProxy,
  { connection }: Planned,
): { readonly verdict: Verdict; readonly because: string } {
  const verdict = decide(proxy.effective, connection);
  return { verdict, because: verdict.reasons.map(shortReason).join(", ") };
}

function shortReason(reason: Reason): string {
  if (reason.kind === "rule") return formatPolicyRef(reason.source);
  if (reason.kind === "not enforced") return `not enforced: ${reason.why}`;
  if (reason.kind === "no rule admits") return "no rule admits it";
  const source = typeof reason.source === "string" ? `the ${reason.source}` : formatPolicyRef(reason.source);
  return `mode ${reason.mode} of ${source}`;
}
