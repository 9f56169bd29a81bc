import { resolve } from "node:path";
import type { LabelContext } from "../policy/labels/index.ts";
import { parseRevocation, REVOCATION_FORMS, type RevocationMode } from "../policy/model/index.ts";
import { type Address, parseAddress } from "../xds/index.ts";

/** Settings as an operator writes them. */
export interface ControlPlaneSettings {
  /** `sqlite:FILE` or `files:FOLDER`. */
  readonly store: string;
  /** `127.0.0.1:5681` or `unix:PATH`; port 0: any free one. */
  readonly api: string;
  /** `127.0.0.1:5678` or `unix:PATH`; port 0: any free one. */
  readonly xds: string;
  /** The zone of this control plane; absent: it has none. */
  readonly zone?: string;
  /** Namespace whose policies are of the whole mesh. Default `kuma-system`. */
  readonly systemNamespace?: string;
  /** What becomes of open connections that a change forbids, where no policy says it. Default: as each sidecar is set. */
  readonly revocation?: string;
}

export type StoreSettings =
  | { readonly kind: "sqlite"; readonly file: string }
  | { readonly kind: "files"; readonly folder: string };

/** The same, read. */
export interface ReadSettings {
  readonly store: StoreSettings;
  readonly api: Address;
  readonly xds: Address;
  readonly context: LabelContext;
  readonly revocation?: RevocationMode;
}

/** A setting that cannot be used. `setting` as in {@link ControlPlaneSettings}. */
export interface SettingFault {
  readonly setting: keyof ControlPlaneSettings;
  readonly message: string;
}

/** Settings are refused all at once: `faults` has every one of them. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly faults: readonly SettingFault[];

  constructor(faults: readonly SettingFault[]) {
    super(faults.map(({ setting, message }) => `${setting}: ${message}`).join("\n"));
    this.faults = faults;
  }
}

/** Defaults of the command line. */
export const DEFAULT_SETTINGS = {
  store: "sqlite:sallyport.db",
  api: "127.0.0.1:5681",
  xds: "127.0.0.1:5678",
  systemNamespace: "kuma-system",
} as const;

/** @throws {SettingsError} with every fault. Nothing is opened yet. */
export function readSettings(settings: ControlPlaneSettings): ReadSettings {
  const faults: SettingFault[] = [];
  const address = (setting: "api" | "xds"): Address => {
    const parsed = parseAddress(settings[setting]);
    if (parsed.ok) return parsed.value;
    faults.push({ setting, message: parsed.message });
    return { kind: "unix", path: "" };
  };
  const store = readStore(settings.store, faults);
  const [api, xds] = [address("api"), address("xds")];
  if (faults.length === 0 && isSame(api, xds)) {
    faults.push({ setting: "xds", message: `\`${settings.xds}\` is the address of \`api\` too: choose another` });
  }
  const { zone, systemNamespace = DEFAULT_SETTINGS.systemNamespace } = settings;
  for (const [setting, name] of [
    ["zone", zone],
    ["systemNamespace", systemNamespace],
  ] as const) {
    if (name === undefined || /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) continue;
    const message = `\`${name}\` is no name: use at most 63 lower-case letters, digits and \`-\``;
    faults.push({ setting, message });
  }
  const revocation = settings.revocation === undefined ? undefined : parseRevocation(settings.revocation);
  if (settings.revocation !== undefined && revocation === undefined)
    faults.push({ setting: "revocation", message: `\`${settings.revocation}\` is none: write ${REVOCATION_FORMS}` });
  if (faults.length > 0) throw new SettingsError(faults);
  return {
    ...(revocation !== undefined && { revocation }),
    store,
    api,
    xds,
    context: { systemNamespace, ...(zone === undefined ? {} : { zone }) },
  };
}

function readStore(text: string, faults: SettingFault[]): StoreSettings {
  const [, kind, rest = ""] = /^(sqlite|files):(.+)$/.exec(text) ?? [];
  if (kind === "sqlite") return { kind, file: resolve(rest) };
  if (kind === "files") return { kind, folder: resolve(rest) };
  const why = /^postgres(ql)?:/.test(text)
    ? "PostgreSQL is not supported yet: write `sqlite:FILE` or `files:FOLDER`"
    : `\`${text}\` is no store: write \`sqlite:FILE\` or \`files:FOLDER\``;
  faults.push({ setting: "store", message: why });
  return { kind: "files", folder: "" };
}

const isSame = (a: Address, b: Address): boolean =>
  a.kind === "unix" ? b.kind === "unix" && a.path === b.path : b.kind === "tcp" && a.port === b.port && a.port !== 0;
