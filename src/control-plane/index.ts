/**
 * The control plane: keeps Meshes, Dataplanes and policies, serves them over REST, and tells every proxy what it has to
 * enforce, over xDS. What must survive is in its store; proxies go on with what they have while it is away.
 */
export { createLog, type Log } from "./log/index.ts";
export {
  type ControlPlaneSettings,
  DEFAULT_SETTINGS,
  readSettings,
  type SettingFault,
  SettingsError,
} from "./settings.ts";
export { type ControlPlane, start } from "./start.ts";
