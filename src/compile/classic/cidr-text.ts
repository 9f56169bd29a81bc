import { formatIp, parseIpBits, width } from "../../policy/net/index.ts";

/** A block as Go prints it. */
export interface CidrText {
  /** First address; a v4-mapped one as dotted quad. */
  readonly network: string;
  readonly length: number;
}

/** The network and length of a block that validation takes; other text is kept as it is. */
export function cidrText(value: string): CidrText {
  const [address = "", lengthText] = value.split("/");
  const parsed = parseIpBits(address);
  const length = Number(lengthText);
  if (parsed === undefined || !(length <= width(parsed.family))) return { network: address, length: 0 };
  const { family, bits } = parsed;
  const shift = BigInt(width(family) - length);
  const first = (bits >> shift) << shift;
  const isMapped = family === 6 && first >> 32n === 0xffffn;
  return { network: formatIp(isMapped ? { family: 4, bits: first & 0xffff_ffffn } : { family, bits: first }), length };
}
