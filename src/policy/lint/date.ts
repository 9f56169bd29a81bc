const DAY_MS = 86_400_000;
const PATTERN = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d))?$/;

/**
 * When a date or time of RFC 3339 is over, in milliseconds since 1970 UTC: for a date the first moment of the next day
 * in UTC, for a time that moment. Undefined for anything else, days that no month has included.
 */
export function parseDate(text: string): number | undefined {
  const parts = PATTERN.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  const start = daysSince1970(year, month, day) * DAY_MS;
  const zone = parts[8];
  if (zone === undefined) return start + DAY_MS;
  const offset = offsetMinutes(zone);
  if (hour > 23 || minute > 59 || second > 60 || offset === undefined) return undefined;
  const fraction = Math.floor(Number(`0${parts[7] ?? ".0"}`) * 1000);
  return start + ((hour * 60 + minute - offset) * 60 + second) * 1000 + fraction;
}

/** `+02:00` is 120. */
function offsetMinutes(zone: string): number | undefined {
  if (/^z$/i.test(zone)) return 0;
  const [hours = 0, minutes = 0] = zone.slice(1).split(":").map(Number);
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Gregorian calendar, years from 0. */
function daysSince1970(year: number, month: number, day: number): number {
  let days = day - 1;
  for (let m = 1; m < month; m++) days += daysIn(year, m);
  const before = year - 1;
  const leaps = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  return before * 365 + leaps + days - 719_162;
}
