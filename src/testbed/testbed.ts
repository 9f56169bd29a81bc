import { type Destinations, startDestinations } from "./destinations.ts";
import { createNamespaces, type NamespaceSettings, type Namespaces } from "./namespaces.ts";
import { type Prober, startProber } from "./prober.ts";

/** Both namespaces with everything in them. */
export interface Testbed {
  readonly namespaces: Namespaces;
  readonly destinations: Destinations;
  readonly prober: Prober;
  /** Ends all of it. Not needed for cleaning up: that happens with the end of this process, whatever ends it. */
  close(): Promise<void>;
}

/** Rejects with what is missing where it cannot run. */
export async function startTestbed(settings: NamespaceSettings = {}): Promise<Testbed> {
  const namespaces = await createNamespaces(settings);
  try {
    const [destinations, prober] = await Promise.all([startDestinations(namespaces.world), startProber(namespaces)]);
    return { namespaces, destinations, prober, close: () => namespaces.close() };
  } catch (error) {
    await namespaces.close();
    throw error;
  }
}
