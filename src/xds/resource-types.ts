/**
 * How each xDS type travels. `wholeSet`: a response lists everything there is, so what is missing is removed.
 * `after`: the types that must be acknowledged before this one goes out, so that nothing refers to what is not there
 * yet. `resumes`: a client that comes back with the current version is not sent it again (routes are: a client may
 * have dropped and re-requested one meanwhile, and it would wait for it).
 */
export interface TypeTraits {
  readonly wholeSet: boolean;
  readonly after: readonly string[];
  readonly resumes: boolean;
}

export const TYPE_URLS = {
  cluster: "type.googleapis.com/envoy.config.cluster.v3.Cluster",
  listener: "type.googleapis.com/envoy.config.listener.v3.Listener",
  route: "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
  effectivePolicy: "type.googleapis.com/sallyport.v1.EffectivePolicy",
} as const;

const TRAITS: ReadonlyMap<string, TypeTraits> = new Map([
  [TYPE_URLS.cluster, { wholeSet: true, after: [], resumes: true }],
  [TYPE_URLS.listener, { wholeSet: true, after: [TYPE_URLS.cluster], resumes: true }],
  [TYPE_URLS.route, { wholeSet: false, after: [TYPE_URLS.cluster, TYPE_URLS.listener], resumes: false }],
  [TYPE_URLS.effectivePolicy, { wholeSet: false, after: [], resumes: true }],
]);

const NAMED_ONLY: TypeTraits = { wholeSet: false, after: [], resumes: false };

export const traitsOf = (type: string): TypeTraits => TRAITS.get(type) ?? NAMED_ONLY;

/** The order in which types are looked at: a dependency before what waits for it. */
export const PUSH_ORDER: readonly string[] = [...TRAITS.keys()];

/** Large enough to be worth a delta; the others are served whole only. */
export const travelsInParts = (type: string): boolean => type === TYPE_URLS.effectivePolicy;
