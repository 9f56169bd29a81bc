import { request } from "node:http";
import { join } from "node:path";

/** In the state folder of a sidecar: HTTP on a Unix socket, for its own user. */
export const STATUS_SOCKET = "status.sock";
const PATIENCE_MS = 30_000;

/** Ask a running sidecar, with `body` by POST; the body of its answer. Rejects with what keeps it from answering. */
export function askSidecar(stateFolder: string, path: string, body?: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const socketPath = join(stateFolder, STATUS_SOCKET);
    const method = body === undefined ? "GET" : "POST";
    const asked = request({ socketPath, path, method, timeout: PATIENCE_MS }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => {
        const text = Buffer.concat(parts).toString("utf8");
        const said = text.trimEnd();
        if (answer.statusCode === 200) resolve(text);
        else if (answer.statusCode === 400 && said !== "") reject(new Error(said));
        else reject(new Error(`it answered ${path} with ${answer.statusCode}${said === "" ? "" : `: ${said}`}`));
      });
    });
    asked.on("timeout", () => asked.destroy(new Error("it does not answer")));
    asked.on("error", reject);
    asked.end(body);
  });
}
