/**
 * Ports, names, addresses and blocks: parse or refuse. Nothing else in the project may parse them, so a value of
 * one of these types is valid wherever it turns up.
 */
export * from "./cidr.ts";
export * from "./domain.ts";
export * from "./host.ts";
export * from "./ip.ts";
export type { Parsed } from "./parsed.ts";
export * from "./port.ts";
