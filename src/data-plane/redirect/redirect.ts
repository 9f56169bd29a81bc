import { createHash } from "node:crypto";
import {
  addElements,
  compileRedirect,
  NFT_TABLE,
  NO_SETS,
  type RedirectSets,
  type RedirectSettings,
  removeRedirect,
  setChange,
} from "../../compile/nftables/index.ts";
import { list, runTransaction } from "./nft.ts";

/** What a look at the kernel says about the redirection. */
export type RedirectCheck =
  | { readonly kind: "in force" }
  | { readonly kind: "absent" }
  /** It is there, and not as it was installed, or not as `settings` want it. */
  | { readonly kind: "different"; readonly why: string };

/** The redirection as text for people, and for `nft -f`. */
export const printRedirect = (settings: RedirectSettings, sets: RedirectSets = NO_SETS): string =>
  compileRedirect(settings, sets).join("");

/**
 * Put the redirection in force, whether or not one is: in one step, so that no connection slips through. It stays until
 * `uninstallRedirect`. Throws a HostError; what was in force before then still is.
 */
export async function installRedirect(settings: RedirectSettings, sets: RedirectSets = NO_SETS): Promise<void> {
  for (const transaction of compileRedirect(settings, sets)) await runTransaction(transaction);
  const listing = await listTable();
  if (listing !== undefined) await runTransaction(`add chain ${NFT_TABLE} ${seal(settings, listing)}\n`);
}

/** End the redirection: from then on the workload's connections go straight out. Says whether there was one. */
export async function uninstallRedirect(): Promise<{ readonly wasInForce: boolean }> {
  const before = await listTable();
  await runTransaction(removeRedirect());
  return { wasInForce: before !== undefined };
}

/**
 * Is the redirection in force, and is it the one that `settings` ask for? Sets are left out: what stands in them only
 * chooses between listeners, and each of them decides by itself. Throws a HostError where the kernel may not be asked.
 */
export async function verifyRedirect(settings?: RedirectSettings): Promise<RedirectCheck> {
  const listing = await listTable();
  if (listing === undefined) return { kind: "absent" };
  const found = /chain (seal_[0-9a-f]+_[0-9a-f]+) \{/.exec(listing)?.[1];
  if (found === undefined) return { kind: "different", why: "it was not installed whole" };
  const [, wanted, content] = found.split("_");
  if (content !== digest(withoutSeal(listing)))
    return { kind: "different", why: "somebody changed it since it was installed" };
  if (settings !== undefined && wanted !== digestOf(settings))
    return { kind: "different", why: "it was installed with other settings" };
  return { kind: "in force" };
}

/**
 * Bring the sets of a redirection that is in force from one state to another by the cheapest way that is safe. Throws a
 * HostError; the sets are then as `before`, or in part as `after`.
 */
export async function changeSets(settings: RedirectSettings, before: RedirectSets, after: RedirectSets): Promise<void> {
  const change = setChange(before, after);
  if (change.kind === "add") for (const transaction of addElements(change.added)) await runTransaction(transaction);
  if (change.kind === "replace") await installRedirect(settings, after);
}

/** As `changeSets`, where the settings may have changed too. */
export async function applyRedirect(
  before: { readonly settings: RedirectSettings; readonly sets: RedirectSets },
  after: { readonly settings: RedirectSettings; readonly sets: RedirectSets },
): Promise<void> {
  if (digestOf(before.settings) === digestOf(after.settings)) await changeSets(after.settings, before.sets, after.sets);
  else await installRedirect(after.settings, after.sets);
}

/** Terse: without the sets' elements; numeric, so that no name service is asked. */
const listTable = (): Promise<string | undefined> => list(["-n", "-t", "list", "table", ...NFT_TABLE.split(" ")]);

/** An empty chain whose name says what was asked for and what came of it: whoever looks can compare both. */
const seal = (settings: RedirectSettings, listing: string): string =>
  `seal_${digestOf(settings)}_${digest(withoutSeal(listing))}`;

const withoutSeal = (listing: string): string => listing.replace(/\n*\tchain seal_[0-9a-f_]+ \{\n\t\}/g, "");

const digestOf = (settings: RedirectSettings): string => digest(compileRedirect(settings, NO_SETS).join(""));
const digest = (text: string): string => createHash("sha256").update(text.trim()).digest("hex").slice(0, 32);
