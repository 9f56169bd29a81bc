/**
 * What the data plane asks of the host it runs on: who it may be, other programs, files that survive a power cut,
 * whether a process is still the same one, and where to tell the operator.
 */
export { isFull, replaceFile, writeDurably } from "./durable-file.ts";
export { errorText, HostError } from "./host-error.ts";
export { defaultIdentity, describeIdentity, type Identity } from "./identity.ts";
export { createLog, type Log } from "./log.ts";
export { keepMemory, type MemoryKeeper } from "./memory.ts";
export { ownNetworkNamespace, type ProcessId, processIdOf, stillRuns } from "./process-id.ts";
export { type CommandOutcome, PROGRAM_AS_FD_3, runCommand } from "./run-command.ts";
