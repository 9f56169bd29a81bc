/** What tests with real packets need of the machine. Where it is missing they are left out; with CI=true they fail. */
import { existsSync } from "node:fs";
import { describe, test } from "vitest";
import { cachedEnvoy, DEFAULT_ENVOY_VERSION, INSTALLABLE_VERSIONS } from "../../src/data-plane/envoy/index.ts";
import { preflight } from "../../src/testbed/index.ts";

const able = await preflight();

/** Why there are no network namespaces here; undefined if there are. */
export const noNamespaces: string | undefined = able.ok ? undefined : able.missing.join("; ");

/** An Envoy to test with, or why there is none. */
export interface EnvoyEngine {
  readonly name: string;
  readonly binary: string;
  readonly missing: string | undefined;
}

const OLDEST = INSTALLABLE_VERSIONS.at(-1) ?? DEFAULT_ENVOY_VERSION;
const MIDDLE = INSTALLABLE_VERSIONS.at(1) ?? DEFAULT_ENVOY_VERSION;

/** The newest supported Envoy and the oldest. */
export const envoys: readonly EnvoyEngine[] = [
  engine("newest Envoy", "SALLYPORT_ENVOY", DEFAULT_ENVOY_VERSION),
  engine("oldest Envoy", "SALLYPORT_ENVOY_OLDEST", OLDEST),
];

/** One between them: what differs between releases rarely comes and goes, so it is asked less. */
export const middleEnvoy = engine("Envoy between them", "SALLYPORT_ENVOY_MIDDLE", MIDDLE);

function engine(name: string, variable: string, version: string): EnvoyEngine {
  const binary = process.env[variable] || cachedEnvoy(version);
  const help = `no Envoy at \`${binary}\`: run \`sallyport envoy install ${version}\` or set ${variable}`;
  return { name, binary, missing: noNamespaces ?? (existsSync(binary) ? undefined : help) };
}

/** A `describe` that is left out, with one plain line, where something is missing; with CI=true it fails instead. */
export function describeReal(title: string, missing: string | undefined, body: () => void): void {
  if (missing === undefined) {
    describe(title, body);
  } else if (process.env.CI === "true") {
    test(title, () => {
      throw new Error(`cannot run here: ${missing}`);
    });
  } else {
    process.stdout.write(`left out: ${title}: ${missing}\n`);
    describe.skip(title, body);
  }
}
