import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A key and its self-signed certificate, both PEM. Made anew in every run: nothing secret is ever stored. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

// ASN.1 DER, as much of it as one certificate needs (X.690; the structure is RFC 5280's).
const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const UTF8_STRING = 0x0c;
const GENERALIZED_TIME = 0x18;
const VERSION = 0xa0;

const ECDSA_WITH_SHA256 = Buffer.from("06082a8648ce3d040302", "hex");
const COMMON_NAME = Buffer.from("0603550403", "hex");

/** Valid for a hundred years, for no name in particular: nobody here checks it. */
export function makeCertificate(commonName: string): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = der(SEQUENCE, ECDSA_WITH_SHA256);
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from(commonName)))));
  const validity = der(SEQUENCE, time("20200101000000Z"), time("21200101000000Z"));
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(15)]); // positive whatever the random bytes are
  const body = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.from([2]))), // v3
    der(INTEGER, serial),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = sign("sha256", body, privateKey);
  const certificate = der(SEQUENCE, body, algorithm, der(BIT_STRING, Buffer.from([0]), signature));
  return { key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), cert: pem(certificate) };
}

const time = (text: string): Buffer => der(GENERALIZED_TIME, Buffer.from(text));

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const n = content.length;
  const length = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function pem(content: Buffer): string {
  const lines = content.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
