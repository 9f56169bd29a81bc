/**
 * Which rule admitted, which denials there were, and how often: found by the lookup that `decide` defines, counted in
 * bounded memory, kept on disk together with the place in Envoy's log up to which it was counted, and shown.
 */
export { askSidecar, STATUS_SOCKET } from "./ask-sidecar.ts";
export { type Attribution, attribution } from "./attribution.ts";
export { type Ledger, ledger, otherwise, type SavedLedger } from "./ledger.ts";
export { type LedgerFile, ledgerText, readLedger } from "./ledger-file.ts";
export { METRICS, metricsText } from "./metrics.ts";
export {
  type DeniedPlace,
  type DeniedView,
  deniedView,
  type HitsView,
  hitsView,
  type RecordsView,
  type RuleHits,
} from "./views.ts";
