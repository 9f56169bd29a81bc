/**
 * Run by `cutter.test.ts` inside a network namespace of its own: opens connections, cuts some, prints what each side
 * saw as JSON.
 */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { openCutter, openSockDiag, tupleKey } from "./index.ts";

const messages: string[] = [];
const log = { info() {}, warn() {}, error: (fields: object) => void messages.push(JSON.stringify(fields)) };
const refuse = process.argv[2] === "refuse";

const accepted: Socket[] = [];
const server = createServer((socket) => {
  accepted.push(socket.on("error", () => {}));
});
server.listen(0, "::");
await once(server, "listening");
const address = server.address();
const port = typeof address === "object" && address !== null ? address.port : 0;

const hosts = ["127.0.0.1", "127.0.0.1", "::1", "::1"];
const ends: string[] = [];
const clients = await Promise.all(
  hosts.map(async (host, i) => {
    const client = connect(port, host);
    client.on("error", (error: NodeJS.ErrnoException) => {
      ends[i] = error.code ?? "error";
    });
    client.on("end", () => {
      ends[i] = "end";
    });
    await once(client, "connect");
    return client;
  }),
);
while (accepted.length < hosts.length) await sleep(5);

const diag = openSockDiag();
const cutter = openCutter(
  log,
  refuse ? { ...diag, destroy: (all) => all.map(() => ({ kind: "refused", error: "EOPNOTSUPP" })) } : diag,
);
const open = cutter.open([port]);
const chosen = open.filter(({ peer }) => [clients[0], clients[2]].some((client) => client?.localPort === peer.port));
const first = await cutter.cut(chosen);
await sleep(50);
for (const client of clients) if (!client.destroyed) client.write("x");
await sleep(100);
const wrongCookie = diag.destroy(open.filter((s) => !chosen.includes(s)).map((s) => ({ ...s, cookie: 1n })));
const again = diag.destroy(chosen);
const report = {
  open: open.length,
  keys: new Set(open.map(tupleKey)).size,
  first: first.map(({ kind }) => kind),
  why: first.map((outcome) => (outcome.kind === "kept" ? outcome.why : "")),
  wrongCookie: wrongCookie.map(({ kind }) => kind),
  again: again.map(({ kind }) => kind),
  ends: hosts.map((_, i) => ends[i] ?? "alive"),
  messages,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(0);
