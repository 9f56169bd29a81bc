/**
 * What is accepted. `documented`: what the policy's documentation allows. `kuma-2.9`: what Kuma 2.9.13 accepts.
 * `extended`: also what has a meaning here and the documentation refuses.
 */
export const COMPATIBILITY_LEVELS = ["documented", "kuma-2.9", "extended"] as const;

/** One of {@link COMPATIBILITY_LEVELS}. */
export type Compatibility = (typeof COMPATIBILITY_LEVELS)[number];
