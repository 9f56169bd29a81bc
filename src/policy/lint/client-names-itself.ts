import { quote } from "../diagnostics/index.ts";
import type { Lint } from "./context.ts";
import { rulePath } from "./policy-at.ts";

/** A rule that goes by what the client says. Every rule for a name does: off unless asked for. */
export const clientNamesItself: Lint = {
  code: "L408-client-names-itself",
  *find(_, at) {
    for (const [index, { match, protocol, written }] of at.resource.rules.entries()) {
      if (match.type !== "Domain" || match.pattern.kind === "any") continue;
      const said = protocol === "tls" ? "server name" : "host";
      yield {
        at,
        path: rulePath(index, "value"),
        message: `${quote(written.value)} is compared with the ${said} that the client sends: one that lies reaches any address`,
        help: "against workloads that may be hostile, write addresses: `type: IP` or `type: CIDR`",
      };
    }
  },
};
