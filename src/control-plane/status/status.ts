import { type AdsHooks, type AdsStream, TYPE_URLS } from "../../xds/index.ts";

/** What a client has of one type of resources. Times are RFC 3339. */
export interface TypeStatus {
  readonly acknowledged?: { readonly version: string; readonly at: string };
  /** The last refusal since the last acknowledgement. */
  readonly rejected?: { readonly version: string; readonly at: string; readonly message: string };
}

/** A client of one proxy: its agent, or an Envoy without one. */
export interface ClientStatus {
  readonly peer: string;
  readonly node: string;
  readonly since: string;
  readonly types: Readonly<Record<string, TypeStatus>>;
}

export interface ProxyStatus {
  readonly isConnected: boolean;
  /** Those that are connected; if none is, the last one that was. */
  readonly clients: readonly ClientStatus[];
}

/** Names of types as the API shows them. */
const TYPE_NAMES: ReadonlyMap<string, string> = new Map([
  [TYPE_URLS.effectivePolicy, "EffectivePolicy"],
  [TYPE_URLS.cluster, "Cluster"],
  [TYPE_URLS.listener, "Listener"],
  [TYPE_URLS.route, "RouteConfiguration"],
]);

interface Client {
  readonly stream: AdsStream;
  readonly since: string;
  readonly types: Map<string, TypeStatus>;
  proxy: string | undefined;
}

/**
 * Who is connected and what they have accepted, in memory: it is told anew by every client that connects. An agent
 * names its proxy by what it asks for, an Envoy without one by its node (`proxyOfNode`).
 */
export class StatusBook implements AdsHooks {
  readonly #proxyOfNode: (node: string) => string | undefined;
  readonly #clients = new Map<number, Client>();
  /** The last client of a proxy that has none now. */
  readonly #last = new Map<string, Client>();

  constructor(proxyOfNode: (node: string) => string | undefined) {
    this.#proxyOfNode = proxyOfNode;
  }

  of(proxy: string): ProxyStatus {
    const connected = [...this.#clients.values()].filter((client) => client.proxy === proxy);
    const last = this.#last.get(proxy);
    const shown = connected.length > 0 || last === undefined ? connected : [last];
    return { isConnected: connected.length > 0, clients: shown.map(statusOf) };
  }

  /** A proxy that is gone has no status. */
  forget(isKnown: (proxy: string) => boolean): void {
    for (const proxy of this.#last.keys()) if (!isKnown(proxy)) this.#last.delete(proxy);
  }

  onStream(stream: AdsStream): void {
    const since = new Date().toISOString();
    this.#clients.set(stream.id, { stream, since, types: new Map(), proxy: this.#proxyOfNode(stream.node.id) });
  }

  onSubscribe(stream: AdsStream, type: string, names: readonly string[]): void {
    const client = this.#clients.get(stream.id);
    if (client !== undefined && type === TYPE_URLS.effectivePolicy) client.proxy = names[0] ?? client.proxy;
  }

  onClose(stream: AdsStream): void {
    const client = this.#clients.get(stream.id);
    this.#clients.delete(stream.id);
    if (client?.proxy !== undefined && client.types.size > 0) this.#last.set(client.proxy, client);
  }

  onAck(stream: AdsStream, type: string, version: string): void {
    const acknowledged = { version, at: new Date().toISOString() };
    this.#note(stream, type, () => ({ acknowledged }));
  }

  onNack(stream: AdsStream, type: string, version: string, message: string): void {
    const rejected = { version, at: new Date().toISOString(), message };
    this.#note(stream, type, (before) => ({ ...before, rejected }));
  }

  #note(stream: AdsStream, type: string, next: (before: TypeStatus) => TypeStatus): void {
    const client = this.#clients.get(stream.id);
    if (client === undefined) return;
    client.types.set(type, next(client.types.get(type) ?? {}));
  }
}

const statusOf = ({ stream, since, types }: Client): ClientStatus => ({
  peer: stream.peer,
  node: stream.node.id,
  since,
  types: Object.fromEntries([...types].map(([type, status]) => [TYPE_NAMES.get(type) ?? type, status])),
});
