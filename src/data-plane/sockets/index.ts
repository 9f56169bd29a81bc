/**
 * The kernel's view of TCP connections: list them, and destroy one without touching any other. What a change of rules
 * forbids is cut here, on the workload's side of the proxy.
 */
export { type Conntrack, openConntrack } from "./conntrack.ts";
export { type CutOutcome, type Cutter, openCutter } from "./cutter.ts";
export { type DestroyOutcome, openSockDiag, type SockDiag } from "./sock-diag.ts";
export { type Endpoint, endpointOf, formatEndpoint, type TcpPair, type TcpSocket, tupleKey } from "./tcp-socket.ts";
