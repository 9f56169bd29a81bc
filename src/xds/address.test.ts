import { expect, test } from "vitest";
import { formatAddress, parseAddress } from "./address.ts";

test.each([
  ["127.0.0.1:5681", "127.0.0.1:5681"],
  ["127.9.8.7:1", "127.9.8.7:1"],
  ["localhost:0", "localhost:0"],
  ["LOCALHOST:80", "localhost:80"],
  ["[::1]:80", "[::1]:80"],
  ["[0:0:0:0:0:0:0:1]:80", "[0:0:0:0:0:0:0:1]:80"],
  ["unix:/tmp/a b", "unix:/tmp/a b"],
  ["unix:///tmp/x", "unix:/tmp/x"],
])("`%s` is an address", (text, formatted) => {
  const parsed = parseAddress(text);
  expect(parsed.ok && formatAddress(parsed.value)).toBe(formatted);
});

test.each([
  ["0.0.0.0:80", /other hosts/],
  ["10.0.0.1:80", /other hosts/],
  ["[::]:80", /other hosts/],
  ["[::ffff:127.0.0.1]:80", /other hosts/],
  ["[fe80::1]:80", /other hosts/],
  ["127.1:80", /other hosts/],
  ["localhost.example.com:80", /other hosts/],
  ["[127.0.0.1]:80", /other hosts/],
  ["127.0.0.1", /no address/],
  [":80", /no address/],
  ["127.0.0.1:65536", /no address/],
  ["127.0.0.1:-1", /no address/],
  ["::1:80", /no address/],
  ["http://127.0.0.1:80", /no address/],
  ["", /no address/],
  ["unix:", /lacks a path/],
  [`unix:/${"x".repeat(107)}`, /at most 107/],
])("`%s` is refused", (text, message) => {
  const parsed = parseAddress(text);
  expect(parsed.ok ? "accepted" : parsed.message).toMatch(message);
});
