import { isL7 } from "../model/index.ts";
import type { Lint } from "./context.ts";
import { rulePath } from "./policy-at.ts";

/** Plaintext HTTP on the port of HTTPS. */
export const httpOn443: Lint = {
  code: "L414-http-on-443",
  *find(_, at) {
    for (const [index, { port, protocol }] of at.resource.rules.entries())
      if (port === 443 && isL7(protocol))
        yield {
          at,
          path: rulePath(index, "protocol"),
          message: `\`${protocol}\` on port 443 admits plaintext only: a client that opens TLS, as HTTPS does, is denied`,
          help: "write `protocol: tls`",
        };
  },
};
