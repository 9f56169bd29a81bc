import { parseIpBits } from "../../net/index.ts";

/** An address without zone, as Go's `net.ParseIP` takes it. */
export const isKumaIp = (text: string): boolean => parseIpBits(text) !== undefined;

/** Address, slash, length; host bits and a zero-padded length pass, as in Go's `net.ParseCIDR`. */
export function isKumaCidr(text: string): boolean {
  const slash = text.lastIndexOf("/");
  if (slash < 0) return false;
  const address = parseIpBits(text.slice(0, slash));
  const length = text.slice(slash + 1);
  return address !== undefined && /^\d+$/.test(length) && Number(length) <= (address.family === 4 ? 32 : 128);
}

/** What govalidator's `IsDNSName` takes: no address, at most 255 characters without dots. */
export function isKumaDnsName(text: string): boolean {
  if (text.replaceAll(".", "").length > 255) return false;
  return (
    parseIpBits(text) === undefined &&
    /^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*[._]?$/.test(text)
  );
}
