import { addressBesideName } from "./address-beside-name.ts";
import { allPorts } from "./all-ports.ts";
import { borrowableTag } from "./borrowable-tag.ts";
import { broadDestination } from "./broad-destination.ts";
import { clientNamesItself } from "./client-names-itself.ts";
import type { Lint } from "./context.ts";
import { expired } from "./expired.ts";
import { httpOn443 } from "./http-on-443.ts";
import { listWithoutEffect } from "./list-without-effect.ts";
import { noIpv6Twin } from "./no-ipv6-twin.ts";
import { noOwner } from "./no-owner.ts";
import { noProxySelected } from "./no-proxy-selected.ts";
import { numericName } from "./numeric-name.ts";
import { plaintextToInternet } from "./plaintext-to-internet.ts";
import { publicSuffixWildcard } from "./public-suffix.ts";
import { ruleWithoutEffect } from "./rule-without-effect.ts";
import { tlsOn80 } from "./tls-on-80.ts";

/** Every lint that looks at policies, in the order of their codes. */
export const LINTS: readonly Lint[] = [
  ruleWithoutEffect,
  listWithoutEffect,
  noProxySelected,
  publicSuffixWildcard,
  broadDestination,
  allPorts,
  addressBesideName,
  clientNamesItself,
  plaintextToInternet,
  noIpv6Twin,
  expired,
  noOwner,
  borrowableTag,
  httpOn443,
  tlsOn80,
  numericName,
];
