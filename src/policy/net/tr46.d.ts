/** The part of `tr46` that is used; the package ships no types. */
declare module "tr46" {
  /** The A-label form of a name, or null where UTS 46 refuses it. */
  export function toASCII(
    name: string,
    options?: { checkHyphens?: boolean; checkBidi?: boolean; checkJoiners?: boolean; verifyDNSLength?: boolean },
  ): string | null;
}
