import { InvalidArgumentError } from "commander";

/** An option's value that is a whole number in a range, ends included. Plain decimal, or hexadecimal with `0x`. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const n = /^(?:\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : Number.NaN;
    if (n >= least && n <= most) return n;
    throw new InvalidArgumentError(`Write a whole number from ${least} to ${most}.`);
  };
}

export const portNumber = wholeNumber(1, 65_535);

/** Gathers the values of an option that may be repeated. */
export const repeated = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
