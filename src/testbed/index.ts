/**
 * The testbed: real packets between two network namespaces, for the quickstart, the tests and the bench.
 *
 *   ┌ workload ───────────────────────────┐   one cable   ┌ world ─────────────────────────────┐
 *   │ prober (the workload's identity)    │───────────────│ destinations: every address, any   │
 *   │ your sidecar (identity `admin`)     │  100.64.78.2  │ port asked for; records and counts │
 *   └─────────────────────────────────────┘   fd5a:78::2  └────────────────────────────────────┘
 *
 *   const testbed = await startTestbed();                       // rejects with what is missing; `preflight()` asks first
 *   const { namespaces, destinations, prober } = testbed;
 *   await destinations.listen([80, 443]);                       // on all addresses; finds out what is spoken
 *   await destinations.listen([25], { kind: "banner", text: "220 hello\r\n" });
 *
 *   const sidecar = namespaces.workload.spawn(["sallyport", "sidecar", "run", …]);   // as `admin`: may do nft, marks
 *   const observed = await prober.probe(probeFor(connection));  // or a Probe by hand: odd SNI, pipelining, pieces …
 *   observed.answer                                             // one of ANSWERS: pass, 503, reset, close, held …
 *   await destinations.packets()                                // connection attempts that left, per address and port
 *   await destinations.records()                                // who was reached, and with what
 *
 *   const live = await prober.hold(probe);                      // stays open
 *   await live.exercise();                                      // says it again: [{ answer: "pass", … }] or how it died
 *   await prober.ends();                                        // which kept connections died meanwhile
 *   await testbed.close();
 *
 * Works for root and, where user namespaces are allowed, for an ordinary user (`namespaces.privilege`). As root the
 * workload is uid `namespaces.workloadUid`, without capabilities; otherwise it lives in a user namespace below, where
 * everything has the same uid for nftables, so a sidecar tells its own traffic by mark. A command that runs `as:
 * "workload"` must be readable for that uid. Namespaces share the file system with everything else: a Unix socket by
 * path crosses them. Everything in there is in one PID namespace that dies with this process, whatever ends it, and
 * nothing has a name outside, so runs side by side do not meet. Ctrl-C reaches this process alone.
 *
 * A bundle must build `process.ts` as `testbed-process.js` beside itself.
 */
export type { Exit, Finished, Running, SpawnOptions } from "./child.ts";
export { type HelloSettings, makeClientHello } from "./client-hello.ts";
export type { Destinations } from "./destinations.ts";
export {
  type CommandOptions,
  createNamespaces,
  type Identity,
  type Namespace,
  type NamespaceSettings,
  type Namespaces,
} from "./namespaces.ts";
export { type Preflight, type Privilege, preflight } from "./preflight.ts";
export {
  ANSWERS,
  type Answer,
  type End,
  type Exchange,
  type HeaderList,
  type Http1Request,
  type Http2Request,
  type Observed,
  type Probe,
  type Speech,
} from "./probe.ts";
export { GRPC_CALL, probeFor } from "./probe-for.ts";
export type { Live, Prober, UdpOutcome } from "./prober.ts";
export type { Behaviour, ConnectionRecord, Endpoint, PacketCount, RequestRecord } from "./record.ts";
export { startTestbed, type Testbed } from "./testbed.ts";
