import fc from "fast-check";
import { expect, test } from "vitest";
import { decide } from "../../src/policy/decide/index.ts";
import {
  addressed,
  connectionFromObject,
  formatConnection,
  parseConnection,
  SCHEMES,
} from "../../src/policy/model/index.ts";
import { formatIp, normalizeHost } from "../../src/policy/net/index.ts";
import { connection, connectionText, effectivePolicy } from "./arbitraries.ts";
import { ip, must, port } from "./builders.ts";

const RUNS = { numRuns: 3000 };

test("law: reading a printed connection gives it back, scheme and unknown address included", () => {
  fc.assert(
    fc.property(connectionText, (c) => {
      expect(must(parseConnection(formatConnection(c)))).toEqual(c);
    }),
    RUNS,
  );
});

test("law: whatever bytes a name has, reading a printed connection gives it back", () => {
  const name = fc
    .string({ unit: "binary", maxLength: 12 })
    .map((text) => text.replace(/[A-Z]/g, (c) => c.toLowerCase()));
  fc.assert(
    fc.property(name, fc.boolean(), (text, isTls) => {
      const destination = { ip: ip("192.0.2.1"), port: port(8443) };
      const c = isTls
        ? ({ kind: "tls", serverName: text, destination } as const)
        : ({
            kind: "http",
            version: "2",
            host: normalizeHost(text),
            isGrpc: true,
            destination,
          } as const);
      const printed = formatConnection(c);
      expect(printed).toMatch(/^[\x20-\x7e]+$/);
      const parsed = addressed(must(parseConnection(printed)));
      expect(parsed).toEqual(c);
    }),
    RUNS,
  );
});

test("law: text and long form say the same, and a connection without a scheme prints one that reads back as it", () => {
  fc.assert(
    fc.property(connection, ({ destination, ...facts }) => {
      const { port } = destination;
      const fromText = must(parseConnection(formatConnection({ ...facts, destination })));
      expect(addressed(fromText)).toEqual({ ...facts, destination });
      expect(must(connectionFromObject({ ...facts, destination: { ip: formatIp(destination.ip), port } }))).toEqual(
        fromText,
      );
    }),
    RUNS,
  );
});

test("law: printing and reading a connection changes no verdict", () => {
  fc.assert(
    fc.property(effectivePolicy, connection, (policy, c) => {
      const again = addressed(must(parseConnection(formatConnection(c))));
      expect(again && decide(policy, again)).toEqual(decide(policy, c));
    }),
    RUNS,
  );
});

test("law: any text is read or refused with a help, never thrown at", () => {
  const piece = fc.constantFrom("a.test", ":", "443", "@", "10.0.0.1", "[", "::1", "]", '"', "\\", "*", "/", " ", "é");
  const rest = fc.array(piece, { maxLength: 7 }).map((parts) => parts.join(""));
  const text = fc.oneof(
    fc.string(),
    fc.tuple(fc.constantFrom(...SCHEMES, "tcp", "https"), rest).map(([scheme, pieces]) => `${scheme}://${pieces}`),
    fc.tuple(fc.constantFrom(...SCHEMES), rest).map(([scheme, pieces]) => `${scheme}://"${pieces}":80`),
  );
  fc.assert(
    fc.property(text, (written) => {
      const result = parseConnection(written);
      if (result.ok) expect(must(parseConnection(formatConnection(result.value)))).toEqual(result.value);
      else expect(result.help).toMatch(/\S/);
    }),
    RUNS,
  );
});

test("law: any document is read or refused with a help, never thrown at", () => {
  const keys = fc.constantFrom("kind", "destination", "serverName", "host", "version", "isGrpc", "ip", "port", "x");
  const leaves = fc.constantFrom<unknown>(
    "tls",
    "http",
    "opaque",
    "1.1",
    1,
    2,
    443,
    "10.0.0.1",
    null,
    true,
    [],
    Number.NaN,
  );
  const { document } = fc.letrec<{ document: unknown }>((tie) => ({
    document: fc.oneof({ depthSize: "small" }, leaves, fc.dictionary(keys, tie("document"))),
  }));
  fc.assert(
    fc.property(document, (value) => {
      const result = connectionFromObject(value);
      if (!result.ok) expect(result.help).toMatch(/\S/);
    }),
    RUNS,
  );
});
