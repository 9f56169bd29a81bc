/**
 * The redirection of a workload's connections to Envoy: printed, put in force, taken away, and proved to be in force.
 * Everything in it is one nft table; nothing else on the host is touched.
 */
export { checkRedirected, type FunctionalCheck } from "./functional-check.ts";
export {
  applyRedirect,
  changeSets,
  installRedirect,
  printRedirect,
  type RedirectCheck,
  uninstallRedirect,
  verifyRedirect,
} from "./redirect.ts";
