/**
 * The redirection as nft text: who is sent to which listener, what is refused before, and the sets of addresses that
 * need no inspection. Pure: running nft is the data plane's.
 */
export {
  addElements,
  compileRedirect,
  NFT_TABLE,
  type ProxyIdentity,
  type RedirectSettings,
  removeRedirect,
} from "./redirect.ts";
export {
  NO_SETS,
  type RedirectSets,
  redirectSets,
  SET_NAMES,
  SET_TYPES,
  type SetChange,
  type SetName,
  setChange,
} from "./sets.ts";
