import { type Address, formatAddress, type RunningAdsServer, serveAds, TYPE_URLS } from "../xds/index.ts";
import { type RunningApi, serveApi } from "./api/index.ts";
import type { Log } from "./log/index.ts";
import { Publisher } from "./publish/index.ts";
import { Registry } from "./registry/index.ts";
import { type ControlPlaneSettings, type ReadSettings, readSettings } from "./settings.ts";
import { StatusBook } from "./status/index.ts";
import { openFilesStore, openSqliteStore, type Store } from "./store/index.ts";

export interface ControlPlane {
  /** Where it really listens, as `--control-plane` and `--server` take it. */
  readonly api: string;
  readonly xds: string;
  /**
   * End in order: requests that are being answered are answered, writes are on disk. Proxies keep what they have.
   */
  stop(): Promise<void>;
}

/**
 * Start a control plane: store, registry, API and xDS in this process.
 * @throws {SettingsError} with every setting that cannot be used, before anything is opened.
 * @throws {Error} one line that says why: the store cannot be opened, or an address is taken. Nothing stays open.
 */
export async function start(settings: ControlPlaneSettings, log: Log): Promise<ControlPlane> {
  const read = readSettings(settings);
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    const { api, xds } = await open(read, log, stops);
    const [apiText, xdsText] = [formatAddress(api.address), formatAddress(xds.address)];
    log.info({ api: apiText, xds: xdsText, store: settings.store }, "control plane is up");
    return {
      api: apiText,
      xds: xdsText,
      async stop() {
        await stop();
        log.info({}, "control plane has stopped");
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function open(
  settings: ReadSettings,
  log: Log,
  stops: (() => Promise<void>)[],
): Promise<{ readonly api: RunningApi; readonly xds: RunningAdsServer }> {
  const { context, revocation } = settings;
  const store = openStore(settings, log);
  stops.push(() => store.close());
  const registry = new Registry(store, context);
  const publisher = new Publisher(registry, revocation);
  const status = new StatusBook((node) => publisher.proxyOfNode(node));
  const xds = await serveXds(settings.xds, publisher, status, log);
  stops.push(() => xds.stop());
  registry.onChange(() => {
    publisher.refresh();
    status.forget((id) => registry.proxy(id) !== undefined);
    xds.changed();
  });
  const ofOpen = revocation === undefined ? {} : { revocation };
  const api = await serveApi(settings.api, { store, registry, status, context, log, ...ofOpen });
  stops.push(() => api.stop());
  for (const { message } of registry.problems()) log.error({}, `${message}: proxies that it may concern get nothing`);
  return { api, xds };
}

const openStore = ({ store, context }: ReadSettings, log: Log): Store =>
  store.kind === "sqlite" ? openSqliteStore(store.file, log) : openFilesStore(store.folder, context, log);

function serveXds(listen: Address, publisher: Publisher, status: StatusBook, log: Log): Promise<RunningAdsServer> {
  return serveAds({
    listen,
    snapshotFor: ({ node }) => publisher.snapshotFor(node.id),
    onStream: (stream) => {
      status.onStream(stream);
      log.info({ node: stream.node.id, peer: stream.peer }, "a client has connected");
    },
    onSubscribe: (stream, type, names) => {
      status.onSubscribe(stream, type, names);
      if (type !== TYPE_URLS.effectivePolicy) return;
      for (const proxy of names) {
        if (publisher.has(proxy)) continue;
        log.warn(
          { node: stream.node.id, proxy },
          `\`${proxy}\` has no Dataplane here: its agent gets nothing until it has`,
        );
      }
    },
    onAck: (stream, type, version) => status.onAck(stream, type, version),
    onNack: (stream, type, version, message, names) => {
      status.onNack(stream, type, version, message);
      log.error({ node: stream.node.id, type, version, names }, `a client has refused its configuration: ${message}`);
    },
    onClose: (stream, reason) => {
      status.onClose(stream);
      log.info({ node: stream.node.id, peer: stream.peer, reason }, "a client has gone");
    },
  });
}
