/**
 * Envoy itself: where its binary is and how it gets there, what it is started with, and keeping it running beside an
 * agent that may die and come back.
 */
export { askAdmin } from "./admin.ts";
export { type EnvoySearch, envoyKey, envoyVersion, findEnvoy } from "./binary.ts";
export { ADMIN_SOCKET, AGENT_SOCKET, type BootstrapSettings, envoyBootstrap } from "./bootstrap.ts";
export {
  cachedEnvoy,
  DEFAULT_ENVOY_VERSION,
  envoyCacheFolder,
  INSTALLABLE_VERSIONS,
  type InstallOptions,
  installEnvoy,
} from "./install.ts";
export { connectionLimit } from "./limits.ts";
export { type EnvoyLaunch, type EnvoyProcess, runEnvoy } from "./process.ts";
