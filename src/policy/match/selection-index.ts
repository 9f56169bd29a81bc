import type { Dataplane, Labels, MeshPassthrough, TargetRef } from "../model/index.ts";
import { comparePrecedence } from "./precedence.ts";
import { ANY_VALUE, candidateTags, scopeOf, selects } from "./selects.ts";
import { TagTable } from "./tag-table.ts";

/** Proxies that no policy of their mesh tells apart, so that what is worked out for one holds for all. */
export interface ProxyGroup {
  /** By name. */
  readonly proxies: ReadonlyMap<string, Dataplane>;
  /** Those that select them, lowest precedence first. Another array after each change, the same one until then. */
  readonly policies: readonly MeshPassthrough[];
  /** Equal for groups with the same policies; for others now and then, so it is a hint. */
  readonly fingerprint: number;
}

/** What has changed since it was last asked for. */
export interface SelectionChanges {
  /** With other policies than before; new; or without any proxy left, and gone. */
  readonly groups: ReadonlySet<ProxyGroup>;
  /** Names of proxies that are written anew, are in another group, or are gone. */
  readonly proxies: ReadonlySet<string>;
}

interface Group extends ProxyGroup {
  readonly key: string;
  readonly proxies: Map<string, Dataplane>;
  /** Of the proxies, as far as policies ask for them. */
  readonly tags: readonly Labels[];
  policies: readonly MeshPassthrough[];
  fingerprint: number;
}

interface Entry {
  readonly policy: MeshPassthrough;
  /** Whole, from 0 to 2³². The sum of those of a group's policies is its fingerprint, exact as long as they are not millions. */
  readonly fingerprint: number;
  /** The tag by which it is found; absent: it is looked at for every proxy. */
  readonly tag: readonly [name: string, value: string] | undefined;
  readonly groups: Set<Group>;
}

/**
 * Which policies of one mesh select which of its proxies, kept up to date change by change, always as `selectPolicies` says.
 * A change costs what it touches: proxies with equal tags, as far as policies ask for them, are looked at once, and policies
 * are found by a tag that they require.
 */
export class SelectionIndex {
  readonly #apart: (dataplane: Dataplane) => string;
  readonly #proxies = new Map<string, Group>();
  readonly #groups = new Map<string, Group>();
  readonly #groupsByTag = new TagTable<Group>();
  readonly #policies = new Map<string, Entry>();
  readonly #policiesByTag = new TagTable<Entry>();
  /** Policies that ask for no tag. */
  readonly #general = new Set<Entry>();
  /** How many policies ask for a tag of that name. */
  readonly #asked = new Map<string, number>();
  #written = 0;
  #changedGroups = new Set<Group>();
  #changedProxies = new Set<string>();

  /** Proxies for which `apart` gives different words are never in one group. */
  constructor(apart: (dataplane: Dataplane) => string = () => "") {
    this.#apart = apart;
  }

  groupOf(proxy: string): ProxyGroup | undefined {
    return this.#proxies.get(proxy);
  }

  /** Adds a proxy, or replaces the one of that name. It carries its computed labels, as policies do. */
  putProxy(dataplane: Dataplane): void {
    const { name } = dataplane.meta;
    this.#changedProxies.add(name);
    this.#place(name, dataplane);
  }

  deleteProxy(name: string): void {
    this.#changedProxies.add(name);
    this.#leave(name);
  }

  /** Adds a policy, or replaces the one of that name. */
  putPolicy(policy: MeshPassthrough): void {
    const { name } = policy.meta;
    const before = this.#policies.get(name);
    const asked = tagsOf(policy.targetRef);
    for (const tag of Object.keys(asked)) this.#ask(tag, 1);
    const tag = this.#policiesByTag.rarest(asked);
    const entry: Entry = { policy, fingerprint: Math.imul(++this.#written, GOLDEN) >>> 0, tag, groups: new Set() };
    this.#policies.set(name, entry);
    if (tag === undefined) this.#general.add(entry);
    else this.#policiesByTag.add(...tag, entry);
    const inPlace = before !== undefined && comparePrecedence(before.policy, policy) === 0 ? before : undefined;
    for (const group of this.#candidates(asked)) if (isSelected(policy, group)) this.#admit(entry, group, inPlace);
    if (before === undefined) return;
    this.#forget(before);
    for (const old of Object.keys(tagsOf(before.policy.targetRef))) this.#ask(old, -1);
  }

  deletePolicy(name: string): void {
    const entry = this.#policies.get(name);
    if (entry === undefined) return;
    this.#policies.delete(name);
    this.#forget(entry);
    for (const tag of Object.keys(tagsOf(entry.policy.targetRef))) this.#ask(tag, -1);
  }

  takeChanges(): SelectionChanges {
    const changes = { groups: this.#changedGroups, proxies: this.#changedProxies };
    this.#changedGroups = new Set();
    this.#changedProxies = new Set();
    return changes;
  }

  #forget(entry: Entry): void {
    for (const group of entry.groups) {
      group.policies = group.policies.filter((policy) => policy !== entry.policy);
      group.fingerprint -= entry.fingerprint;
      this.#changedGroups.add(group);
    }
    if (entry.tag === undefined) this.#general.delete(entry);
    else this.#policiesByTag.delete(...entry.tag, entry);
  }

  /** `before` is what the policy replaces, where both have the same place in the order. */
  #admit(entry: Entry, group: Group, before: Entry | undefined): void {
    entry.groups.add(group);
    group.fingerprint += entry.fingerprint;
    if (before?.groups.delete(group) === true) {
      group.fingerprint -= before.fingerprint;
      group.policies = group.policies.with(group.policies.indexOf(before.policy), entry.policy);
    } else group.policies = inserted(group.policies, entry.policy);
    this.#changedGroups.add(group);
  }

  /** Groups among which are all that a selector with these tags can select. */
  #candidates(tags: Labels): Iterable<Group> {
    const tag = this.#groupsByTag.rarest(tags);
    return tag === undefined ? this.#groups.values() : this.#groupsByTag.get(...tag);
  }

  /** Tags that no policy asks for do not tell proxies apart; where that changes for one, its proxies are grouped anew. */
  #ask(tag: string, by: 1 | -1): void {
    const before = this.#asked.get(tag) ?? 0;
    if (before + by === 0) this.#asked.delete(tag);
    else this.#asked.set(tag, before + by);
    if (before !== 0 && before + by !== 0) return;
    for (const [name, group] of [...this.#proxies]) {
      const dataplane = group.proxies.get(name);
      if (dataplane !== undefined && candidateTags(dataplane).some((tags) => Object.hasOwn(tags, tag)))
        this.#place(name, dataplane, group);
    }
  }

  /** Puts a proxy into the group to which it belongs; where that is new, the same policies select it as `like`. */
  #place(name: string, dataplane: Dataplane, like?: Group): void {
    const tags = this.#askedTags(dataplane);
    const key = JSON.stringify([this.#apart(dataplane), scopeOf(dataplane), tags.map(Object.entries)]);
    const before = this.#proxies.get(name);
    if (before?.key === key) {
      before.proxies.set(name, dataplane);
      return;
    }
    const group = this.#groups.get(key) ?? this.#create(key, tags, dataplane, like);
    this.#leave(name);
    group.proxies.set(name, dataplane);
    this.#proxies.set(name, group);
    this.#changedProxies.add(name);
  }

  #leave(name: string): void {
    const group = this.#proxies.get(name);
    if (group === undefined) return;
    this.#proxies.delete(name);
    group.proxies.delete(name);
    if (group.proxies.size > 0) return;
    this.#groups.delete(group.key);
    this.#changedGroups.add(group);
    for (const [tag, value] of group.tags.flatMap(Object.entries<string>))
      for (const found of [value, ANY_VALUE]) this.#groupsByTag.delete(tag, found, group);
    for (const policy of group.policies) this.#policies.get(policy.meta.name)?.groups.delete(group);
  }

  #create(key: string, tags: readonly Labels[], dataplane: Dataplane, like: Group | undefined): Group {
    const proxies = new Map([[dataplane.meta.name, dataplane]]);
    const group: Group = { key, proxies, tags, policies: like?.policies ?? [], fingerprint: like?.fingerprint ?? 0 };
    this.#groups.set(key, group);
    for (const [tag, value] of tags.flatMap(Object.entries<string>))
      for (const wanted of [value, ANY_VALUE]) this.#groupsByTag.add(tag, wanted, group);
    if (like === undefined) this.#select(group);
    else for (const { meta } of like.policies) this.#policies.get(meta.name)?.groups.add(group);
    this.#changedGroups.add(group);
    return group;
  }

  /** For a group that has no policies yet. */
  #select(group: Group): void {
    const found = new Set(this.#general);
    for (const [tag, value] of group.tags.flatMap(Object.entries<string>))
      for (const wanted of [value, ANY_VALUE])
        for (const entry of this.#policiesByTag.get(tag, wanted)) found.add(entry);
    const selected = [...found].filter(({ policy }) => isSelected(policy, group));
    for (const { groups, fingerprint } of selected) {
      groups.add(group);
      group.fingerprint += fingerprint;
    }
    group.policies = selected.map(({ policy }) => policy).sort(comparePrecedence);
  }

  /** The sets of tags of which one must satisfy a selector, without the tags that no policy asks for; each set once. */
  #askedTags(dataplane: Dataplane): readonly Labels[] {
    const sets = new Map<string, Labels>();
    for (const tags of candidateTags(dataplane)) {
      const pairs = Object.entries(tags).filter(([tag]) => this.#asked.has(tag));
      pairs.sort(([a], [b]) => (a < b ? -1 : 1));
      sets.set(JSON.stringify(pairs), Object.fromEntries(pairs));
    }
    return [...sets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, tags]) => tags);
  }
}

/** Spreads small numbers over 32 bits: 2³² divided by the golden ratio. */
const GOLDEN = 0x9e3779b1;

const tagsOf = (target: TargetRef | undefined): Labels => (target?.kind === "MeshSubset" ? target.tags : {});

/** One proxy of a group answers for all of them. */
function isSelected(policy: MeshPassthrough, { proxies }: ProxyGroup): boolean {
  for (const dataplane of proxies.values()) return selects(policy, dataplane).selected;
  return false;
}

/** The list with one more, in order of precedence. */
function inserted(policies: readonly MeshPassthrough[], policy: MeshPassthrough): readonly MeshPassthrough[] {
  let low = 0;
  let high = policies.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = policies[middle];
    if (other !== undefined && comparePrecedence(other, policy) < 0) low = middle + 1;
    else high = middle;
  }
  return policies.toSpliced(low, 0, policy);
}
