import { type Command, Option } from "commander";
import type { Identity } from "../data-plane/index.ts";
import { wholeNumber } from "./numbers.ts";

export interface IdentityOptions {
  readonly uid?: number;
  readonly mark?: number;
}

/** Adds `--uid` and `--mark`, of which one at most may be given. */
export function addIdentityOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--uid <number>",
        "Envoy's user, by which its own connections are told (default: 5678 where that is possible)",
      )
        .argParser(wholeNumber(1, 0xffff_fffe))
        .conflicts("mark"),
    )
    .addOption(
      new Option(
        "--mark <number>",
        "socket mark by which they are told instead, where there is one user only",
      ).argParser(wholeNumber(1, 0xffff_ffff)),
    );
}

/** Undefined: the default of this host. */
export function identityOf({ uid, mark }: IdentityOptions): Identity | undefined {
  if (uid !== undefined) return { kind: "uid", uid };
  return mark === undefined ? undefined : { kind: "mark", mark };
}
