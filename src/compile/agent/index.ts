/**
 * An effective policy as the bytes that travel from the control plane to a proxy's agent, and back. Rules travel as
 * their authors wrote them and are parsed again on arrival.
 */
export { decodeEffectivePolicy } from "./decode.ts";
export { encodeEffectivePolicy, encodeHead } from "./encode.ts";
export { type Decoded, EFFECTIVE_POLICY_TYPE_URL, type ProxyPolicy, resourceName } from "./proxy-policy.ts";
