import { readFileSync } from "node:fs";

/**
 * How the proxy's own connections are told from the workload's. `uid`: Envoy runs as a user of its own. `mark`: Envoy
 * sets a socket mark, for user namespaces that know one user only; whoever holds CAP_NET_ADMIN there can set it too.
 */
export type Identity =
  | { readonly kind: "uid"; readonly uid: number }
  | { readonly kind: "mark"; readonly mark: number };

const DEFAULT_UID = 5678;
const DEFAULT_MARK = 0x5a11;

/**
 * A uid of its own where the process may become it, a mark where it is alone in a user namespace, and without root the
 * only uid it can be. `uidMap` is the text of `/proc/self/uid_map`: lines of
 * first uid inside, first uid outside, how many.
 */
export function defaultIdentity(
  uidMap: string = readFileSync("/proc/self/uid_map", "utf8"),
  own: number = process.getuid?.() ?? 0,
): Identity {
  if (own !== 0) return { kind: "uid", uid: own };
  const covered = uidMap.split("\n").some((line) => {
    const [inside, , count] = line.trim().split(/\s+/).map(Number);
    return inside !== undefined && count !== undefined && inside <= DEFAULT_UID && DEFAULT_UID < inside + count;
  });
  return covered ? { kind: "uid", uid: DEFAULT_UID } : { kind: "mark", mark: DEFAULT_MARK };
}

export const describeIdentity = (identity: Identity): string =>
  identity.kind === "uid" ? `uid ${identity.uid}` : `socket mark 0x${identity.mark.toString(16)}`;
