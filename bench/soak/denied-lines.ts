/** Reads the denied log as it grows, and counts its lines by destination. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

export interface DeniedLines {
  /** Reads what has come since. */
  read(): void;
  /** `ip:port` to a number of lines of kind `denied`. */
  readonly byDestination: ReadonlyMap<string, number>;
  close(): void;
}

export function followDenied(file: string): DeniedLines {
  const byDestination = new Map<string, number>();
  const descriptor = openSync(file, "r");
  let [offset, rest] = [0, ""];
  return {
    byDestination,
    read() {
      const size = fstatSync(descriptor).size - offset;
      const bytes = Buffer.alloc(size);
      offset += readSync(descriptor, bytes, 0, size, offset);
      const lines = (rest + bytes.toString("latin1")).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const { kind, destination }: { kind: string; destination: string } = JSON.parse(line);
        if (kind === "denied") byDestination.set(destination, (byDestination.get(destination) ?? 0) + 1);
      }
    },
    close: () => closeSync(descriptor),
  };
}
