/** What a change of policies does to connections that are open: one by one, as revocation does it, or in classes. */
export {
  type ClassFates,
  type ClassImpact,
  type ClassImpactView,
  classImpact,
  renderFates,
  viewClassImpact,
} from "./class-impact.ts";
export {
  type Change,
  type Fate,
  type Forbidden,
  fateOf,
  forbids,
  isDenied,
  type LiveConnection,
  type Now,
} from "./fate.ts";
export {
  factsOf,
  isAdmittedByAddress,
  type Loss,
  lossOf,
  mayConcern,
  mayConcernDestination,
  type PassedThrough,
  revocationOf,
} from "./loss.ts";
