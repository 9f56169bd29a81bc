/** Run by `redirect.test.ts` inside a network namespace of its own: what the redirection says about itself, as JSON. */
import { execFileSync } from "node:child_process";
import { NO_SETS, type RedirectSettings } from "../../compile/nftables/index.ts";
import { applyRedirect, checkRedirected, installRedirect, uninstallRedirect, verifyRedirect } from "./index.ts";

const settings: RedirectSettings = {
  ...{ outboundPort: 15_001, rawPort: 15_003, identity: { uid: 5678 }, resolvers: [] },
  ...{ mode: "Matched", ipv6: "redirect" },
};
const nft = (...args: string[]) => execFileSync("nft", args, { encoding: "utf8" });
const some = { ...NO_SETS, raw4: ["203.0.113.0/24 . 9000"], raw4any: ["198.51.100.0/24"] };
const check = async () => (await checkRedirected([15_001, 15_003])).kind;
const verify = async (wanted?: RedirectSettings) => (await verifyRedirect(wanted)).kind;
const hasElement = (text: string) => nft("list", "table", "inet", "sallyport").includes(text);

const report: Record<string, unknown> = {};
report.before = [await verify(settings), await check()];
await installRedirect(settings);
report.installed = [await verify(settings), await check()];
await installRedirect(settings);
report.twice = await verify(settings);
report.otherSettings = await verify({ ...settings, mode: "All" });
await applyRedirect({ settings, sets: NO_SETS }, { settings, sets: some });
report.added = [await verify(settings), hasElement("203.0.113.0/24 . 9000")];
await applyRedirect({ settings, sets: some }, { settings, sets: { ...some, raw4: [] } });
report.removed = [await verify(settings), hasElement("203.0.113.0/24 . 9000"), hasElement("198.51.100.0/24")];
const all = { settings: { ...settings, mode: "All" as const }, sets: some };
await applyRedirect({ settings, sets: some }, all);
report.changedMode = [await verify(settings), await verify(all.settings)];
nft("add", "rule", "inet", "sallyport", "guard", "accept");
report.changed = [await verify(all.settings), await verify()];
await installRedirect(settings);
nft("add", "table", "inet", "other");
nft("add", "chain", "inet", "other", "c", "{ type nat hook output priority -190; }");
nft("add", "rule", "inet", "other", "c", "ip daddr 192.0.2.0/24 tcp dport 9 dnat ip to 127.0.0.1:1");
report.astray = [await verify(settings), await check()];
nft("delete", "table", "inet", "other");
report.ended = [await uninstallRedirect(), await uninstallRedirect(), await verify(), await check()];
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(0);
