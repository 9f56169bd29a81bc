import { quote } from "../diagnostics/index.ts";
import { isL7, type Protocol, type Rule } from "../model/index.ts";
import type { Port } from "../net/index.ts";
import { width } from "../net/index.ts";
import { hasPublicAddress } from "./addresses.ts";
import type { Lint } from "./context.ts";
import { append } from "./multimap.ts";
import { rulePath } from "./policy-at.ts";
import { listWords } from "./rule-words.ts";

/**
 * A public block on a port where the same policy goes by names: below it every name is admitted. A single address is
 * not reported: it names its destination as well as a name does.
 */
export const addressBesideName: Lint = {
  code: "L407-address-beside-name",
  *find(_, at) {
    const named = new Map<Port | "any", Rule[]>();
    for (const rule of at.resource.rules)
      if (rule.match.type === "Domain" && rule.match.pattern.kind !== "any") append(named, rule.port ?? "any", rule);
    if (named.size === 0) return;
    const wordsOf = createWords(named);
    for (const [index, { match, port, protocol, written }] of at.resource.rules.entries()) {
      if (match.type !== "CIDR" || match.block.prefix === width(match.block.family) || !hasPublicAddress(match))
        continue;
      const names = wordsOf(port, protocol);
      if (names === undefined) continue;
      yield {
        at,
        path: rulePath(index, "value"),
        message: `${quote(written.value)} admits ${TRAFFIC[protocol]} under every name to these addresses, on a port for which the policy names ${names}`,
        help: "if only those names are meant, take the block out; if the block is another destination, say so in a suppression",
      };
    }
  },
};

const TRAFFIC: Readonly<Record<Protocol, string>> = {
  tcp: "every byte stream",
  tls: "TLS",
  http: "HTTP",
  http2: "HTTP/2",
  grpc: "gRPC",
};

/** Do rules of both protocols admit some of the same traffic? */
const meet = (a: Protocol, b: Protocol): boolean => a === "tcp" || a === b || (isL7(a) && isL7(b));

/** The names on ports that a rule shares, for each port and protocol put into words once. */
function createWords(
  named: ReadonlyMap<Port | "any", readonly Rule[]>,
): (port: Port | undefined, protocol: Protocol) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (port, protocol) => {
    const key = `${port ?? "any"} ${protocol}`;
    if (known.has(key)) return known.get(key);
    const rules =
      port === undefined ? [...named.values()].flat() : [...(named.get(port) ?? []), ...(named.get("any") ?? [])];
    const names = rules.filter((rule) => meet(protocol, rule.protocol)).map(({ written }) => quote(written.value));
    const words = names.length === 0 ? undefined : listWords(names);
    known.set(key, words);
    return words;
  };
}
