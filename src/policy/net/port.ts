import { type Brand, type Parsed, parsed, refused } from "./parsed.ts";

/** 1–65535. There is no "any port" value: absence says that. */
export type Port = Brand<number, "Port">;

/** A number from a document: whole, 1–65535. */
export function portFromNumber(n: number): Parsed<Port, "out-of-range"> {
  return Number.isInteger(n) && n >= 1 && n <= 65_535 ? parsed(n as Port) : refused("out-of-range");
}

/** Plain decimal only: `0`, `080`, `8e1` and ` 80` are all refused. */
export function parsePort(text: string): Parsed<Port, "not-a-port"> {
  const port = /^[1-9]\d{0,4}$/.test(text) ? portFromNumber(Number(text)) : undefined;
  return port?.ok ? port : refused("not-a-port");
}
