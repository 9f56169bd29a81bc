import { request } from "node:http";

const PATIENCE_MS = 2_000;
const MAX_BYTES = 64 << 20;

/** Ask Envoy's admin interface: the body of the answer. Rejects if there is none in time, or its status is not 200. */
export function askAdmin(socketPath: string, path: string, method: "GET" | "POST" = "GET"): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, method, timeout: PATIENCE_MS }, (answer) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      answer.on("data", (part: Buffer) => {
        bytes += part.length;
        if (bytes > MAX_BYTES) answer.destroy(new Error("the answer is too long"));
        else parts.push(part);
      });
      answer.on("error", reject);
      answer.on("end", () => {
        const body = Buffer.concat(parts).toString("utf8");
        if (answer.statusCode === 200) resolve(body);
        else
          reject(
            new Error(`envoy's admin interface answered ${path} with ${answer.statusCode}: ${body.slice(0, 200)}`),
          );
      });
    });
    asked.on("timeout", () =>
      asked.destroy(new Error(`envoy's admin interface did not answer within ${PATIENCE_MS} ms`)),
    );
    asked.on("error", reject);
    asked.end();
  });
}
