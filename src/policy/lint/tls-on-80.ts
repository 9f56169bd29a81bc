import type { Lint } from "./context.ts";
import { rulePath } from "./policy-at.ts";

/** TLS on the port of plaintext HTTP. */
export const tlsOn80: Lint = {
  code: "L415-tls-on-80",
  *find(_, at) {
    for (const [index, { port, protocol }] of at.resource.rules.entries())
      if (port === 80 && protocol === "tls")
        yield {
          at,
          path: rulePath(index, "protocol"),
          message: "`tls` on port 80 admits TLS only: plaintext HTTP, which this port is for, is denied",
          help: "write `port: 443`, or `protocol: http` if plaintext is meant",
        };
  },
};
