/**
 * The agent: one policy after the other is compiled, given to Envoy and to the kernel's sets, and kept on disk; open
 * connections are judged again after each change.
 */
export {
  type CompiledPolicy,
  compilePolicy,
  DEFAULT_OUTBOUND_PORT,
  DEFAULT_RAW_PORT,
  denyAll,
  type HostFacts,
} from "./compiled-policy.ts";
export type { CutLine } from "./cut-doomed.ts";
export { type Compile, type Enforcer, enforcer, type InForce, withRules } from "./enforcer.ts";
export { bytesOf, type EnvoyFeed, serveEnvoy } from "./envoy-feed.ts";
export type { Foretold, LiveSocket } from "./foretell.ts";
export { type Journal, openJournal, readJournal } from "./journal.ts";
export { type FileOwner, knownConflicts, readPolicyFile, type StoredPolicy, writePolicyFile } from "./policy-file.ts";
export { policyKeeper } from "./policy-keeper.ts";
export { keepRedirect, type RedirectKeeper } from "./redirect-keeper.ts";
export { type Revocation, revocation } from "./revocation.ts";
export { type SidecarStatus, type StatusPages, type StatusServer, serveStatus } from "./status-server.ts";
export { watchRefusals } from "./watch-refusals.ts";
