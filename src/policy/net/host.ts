const WELL_FORMED = /^(?:(?:[a-z0-9_-]+\.)*[a-z0-9_-]+|\[[0-9a-f:.]+\])$/;
const AS_SENT = /^(?:(?:[A-Za-z0-9_-]+\.)*[A-Za-z0-9_-]+\.?|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?$/;

/**
 * The host of a request as verdicts see it: lower case, port and one trailing dot removed. A host that is not
 * well formed keeps everything else it was sent with, so that removing something never makes it a good one.
 */
export function normalizeHost(asSent: string): string {
  // ASCII alone: `toLowerCase` makes the Kelvin sign a `k`, and an ill-formed host a good one.
  const lower = asSent.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  if (!AS_SENT.test(asSent)) return lower;
  return lower.replace(/:[0-9]+$/, "").replace(/\.$/, "");
}

/**
 * Is this a host that a Domain rule may look at? Takes what {@link normalizeHost} returns. A lone `-` stands for a
 * missing host. Lengths are not checked.
 */
export function isWellFormedHost(host: string): boolean {
  return host !== "-" && WELL_FORMED.test(host);
}
