/**
 * Every lint, and whether it looks without being asked. Codes are stable: a retired one is never used again.
 * `docs/reference/lints/` has a page for each.
 */
export const LINT_CODES = {
  "L401-rule-without-effect": "on",
  "L402-list-without-effect": "on",
  "L403-no-proxy-selected": "on",
  "L404-public-suffix": "on",
  "L405-broad-destination": "on",
  "L406-all-ports": "on",
  "L407-address-beside-name": "on",
  "L408-client-names-itself": "off",
  "L409-plaintext-to-internet": "on",
  "L410-no-ipv6-twin": "on",
  "L411-expired": "on",
  "L412-no-owner": "off",
  "L413-borrowable-tag": "on",
  "L414-http-on-443": "on",
  "L415-tls-on-80": "on",
  "L416-numeric-name": "on",
  "L417-unused-suppression": "on",
  "L418-bad-suppression": "on",
} as const satisfies Readonly<Record<`L4${number}-${string}`, "on" | "off">>;

/** One of the keys of {@link LINT_CODES}. */
export type LintCode = keyof typeof LINT_CODES;

/** Is the text the code of a lint? */
export const isLintCode = (text: string): text is LintCode => Object.hasOwn(LINT_CODES, text);
