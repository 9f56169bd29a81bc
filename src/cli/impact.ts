/** `effective --impact`: what a change of policies will do to open connections, in classes or one by one. */
import { encodeEffectivePolicy } from "../compile/agent/index.ts";
import type { ConnectionsView, LiveImpactView } from "../data-plane/index.ts";
import type { Checked, CheckedProxy } from "../policy/check/index.ts";
import { type ClassImpactView, classImpact, viewClassImpact } from "../policy/impact/index.ts";
import { selectPolicies } from "../policy/match/index.ts";
import { effectivePolicy } from "../policy/merge/index.ts";
import { type Dataplane, type EffectivePolicy, type MeshPassthrough, policyRef } from "../policy/model/index.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { classesText, liveText } from "./impact-text.ts";
import { loadChecked, type ProxyOptions, proxiesMeant, proxyMeant } from "./proxy.ts";
import { askOne } from "./sidecars.ts";
import { printable, type Terminal } from "./terminal.ts";

/** Which change, and whose connections. */
export interface ImpactOptions {
  /** Where the policies are as they will be. */
  readonly impact: string;
  /** State folder of a running sidecar. */
  readonly state?: string;
}

export interface ImpactAnswer {
  readonly value: unknown;
  readonly text: string;
  /** Is any open connection, or class of them, not to go on as it does? */
  readonly forbidsAny: boolean;
}

type Asked = ProxyOptions & ImpactOptions;

export function impactAnswer(options: Asked, terminal: Terminal): Promise<ImpactAnswer> {
  const { state } = options;
  return state === undefined ? ofClasses(options, terminal) : ofLive({ ...options, state }, terminal);
}

interface Proposed {
  readonly dataplane: Dataplane;
  readonly effective: EffectivePolicy;
  /** Those that select it, lowest precedence first. */
  readonly policies: readonly MeshPassthrough[];
}

const sideOf = (options: Asked, terminal: Terminal, said: Set<string>): Promise<Checked> =>
  loadChecked({ ...options, file: [options.impact] }, terminal, said);

/** The proxy as it will be: policies of the new side alone, Dataplane and Mesh from there or as they were. */
function proposedFor({ dataplane: was }: CheckedProxy, before: Checked, after: Checked): Proposed {
  const isIt = ({ dataplane: { meta } }: CheckedProxy) => meta.name === was.meta.name && meta.mesh === was.meta.mesh;
  const dataplane = after.proxies.find(isIt)?.dataplane ?? was;
  const mesh = [...after.resources, ...before.resources]
    .map(({ resource }) => resource)
    .find((resource) => resource.type === "Mesh" && resource.meta.name === was.meta.mesh);
  const policies = after.resources.flatMap(({ resource }) => (resource.type === "MeshPassthrough" ? [resource] : []));
  return {
    dataplane,
    effective: effectivePolicy(mesh?.type === "Mesh" ? mesh : undefined, policies, dataplane),
    policies: selectPolicies(policies, dataplane),
  };
}

async function ofClasses(options: Asked, terminal: Terminal): Promise<ImpactAnswer> {
  const said = new Set<string>();
  const before = await loadChecked(options, terminal, said);
  const after = await sideOf(options, terminal, said);
  const all = proxiesMeant(before, options).map((proxy) => {
    const { effective } = proposedFor(proxy, before, after);
    const { name, mesh } = proxy.dataplane.meta;
    const impact = classImpact({ before: proxy.effective, after: effective, otherwise: { kind: "cut" } });
    return { name, mesh, impact };
  });
  const views = all.map(({ name, mesh, impact }): { proxy: string; mesh: string } & ClassImpactView => ({
    ...{ proxy: name, mesh },
    ...viewClassImpact(impact),
  }));
  return {
    value: options.proxy !== undefined && views.length === 1 ? views[0] : views,
    text: all.map((one) => classesText(one, terminal)).join("\n"),
    forbidsAny: all.some(({ impact }) => impact.denied.length > 0),
  };
}

/** Connections listed; the others are counted. */
const MOST_LISTED = 1_000;

async function ofLive(options: Asked & { readonly state: string }, terminal: Terminal): Promise<ImpactAnswer> {
  const { state, proxy, mesh, file } = options;
  const who = await askOne<ConnectionsView>(state, "/connections?most=0");
  if ((proxy ?? who.workload) !== who.workload || (mesh ?? who.mesh) !== who.mesh)
    throw new CommandError(
      EXIT.usage,
      `the sidecar of \`${printable(state)}\` is that of \`${printable(who.workload)}\` in mesh ${printable(who.mesh)}`,
      "leave out `--proxy` and `--mesh`, or name another `--state`",
    );
  const said = new Set<string>();
  const after = await sideOf(options, terminal, said);
  // The old side is what the sidecar enforces; `-f` is for the Dataplane alone.
  const before = file === undefined ? after : await loadChecked(options, terminal, said);
  const isIt = ({ dataplane: { meta } }: CheckedProxy) => meta.name === who.workload && meta.mesh === who.mesh;
  const known = [...before.proxies, ...after.proxies].find(isIt);
  const meant = known ?? proxyMeant(before, { ...options, proxy: who.workload, mesh: who.mesh });
  const { dataplane, effective, policies } = proposedFor(meant, before, after);
  const body = encodeEffectivePolicy({
    ...{
      mesh: who.mesh,
      proxy: who.workload,
      policy: effective,
      policies: policies.map((policy) => policyRef(policy)),
    },
    redirectPortOutbound: dataplane.transparentProxying?.redirectPortOutbound ?? 0,
    ipFamilyMode: dataplane.transparentProxying?.ipFamilyMode ?? "UnSpecified",
  });
  const view = await askOne<LiveImpactView>(state, `/impact?most=${MOST_LISTED}`, body);
  const { cut, drains, kept } = view.counts;
  return { value: view, text: liveText(view, terminal), forbidsAny: cut + drains + kept > 0 };
}
