/** Small texts that a parser may meet: bytes, words of YAML, resources with anything in any field, and all of these damaged. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { pick } from "../../test/e2e/random-policies.ts";
import { below, type Random } from "./policies.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** In UTF-16 units: short texts, so that there can be millions. */
const MAX_SEED = 400;
const MAX_INPUT = 600;

/** The documents, and the single lines, of the examples and the cases, and of files below `more`. */
export function seedTexts(more?: string): readonly string[] {
  const folders = [join(ROOT, "examples"), join(ROOT, "test", "cases"), ...(more === undefined ? [] : [more])];
  const texts = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".yaml"))
      .sort()
      .map((name) => readFileSync(join(folder, name), "utf8")),
  );
  const documents = texts.flatMap((text) => text.split(/^---\n/m)).filter(({ length }) => length <= MAX_SEED);
  const connections = texts.flatMap((text) => text.match(/\b(?:tls|http[\d.]*|grpc|opaque):\/\/[^\s,"'}]+/g) ?? []);
  return [...new Set([...documents, ...connections])];
}

/** What an input is made by, and so what it is likely to reach; the cheap ones more often. */
export const SHAPES = ["bytes", "bytes", "words", "words", "words", "resource", "mutant"] as const;
type Shape = (typeof SHAPES)[number];

/** The text of one input. */
export function randomInput(random: Random, shape: Shape, seeds: readonly string[]): string {
  switch (shape) {
    case "bytes":
      return DECODER.decode(Uint8Array.from({ length: below(random, 40) }, () => below(random, 256)));
    case "words":
      return Array.from({ length: 1 + below(random, 14) }, () => pick(random, WORDS)).join("");
    case "resource":
      return written(random, randomResource(random));
    case "mutant":
      return mutated(random, random() < 0.25 ? written(random, randomResource(random)) : pick(random, seeds), seeds);
  }
}

/** As files and bodies are decoded: what is no UTF-8 becomes U+FFFD. */
const DECODER = new TextDecoder();

const WORDS = [
  ..."\n\n\n  -:?,[]{}#&*!|>'\"%@`~\t\r\\.0a",
  "\n  ",
  "\n    ",
  ": ",
  "- ",
  " #",
  "---\n",
  "...\n",
  "%YAML 1.1\n",
  "%TAG ! x\n",
  "&a ",
  "*a",
  "<<: *a",
  "? ",
  "!!binary ",
  "!<x> ",
  "|2-\n",
  ">+\n",
  '"\\x',
  '"\\u12',
  "'",
  "''",
  "null",
  "true",
  "yes",
  "0x1F",
  "0o7",
  "1e999",
  "-.inf",
  ".nan",
  "1_000",
  "9".repeat(25),
  "\uFEFF",
  "\u0000",
  "\u0085",
  "\u2028",
  "\uD800",
  "\uDC00",
  "\u{1F600}",
  "\u202E",
  "\u00FC",
  "__proto__",
  "constructor",
  "toString",
  "type",
  "kind: ",
  "apiVersion: kuma.io/v1alpha1\n",
  "kind: List\nitems:\n- ",
  "type: MeshPassthrough\n",
  "type: Dataplane\n",
  "type: Mesh\n",
  "name: a\n",
  "mesh: default\n",
  "spec:\n",
  "  default:\n",
  "    appendMatch:\n",
  "    - ",
  "proxy: {mesh: default, name: d}\n",
  "cases:\n",
  "statements:\n",
  "tls://",
  "http2://",
  "grpc+tls://",
  "opaque://",
  "@10.0.0.1",
  ":443",
  "*.a.test",
  "[::1]",
  "[fe80::1%25eth0]",
  "::ffff:1.2.3.4",
  "xn--",
  "a..b",
  "{type: Domain, value: '*', port: 443, protocol: tls}",
];

type Json = string | number | boolean | null | readonly Json[] | { readonly [field: string]: Json };

const FIELDS = [
  "type",
  "kind",
  "apiVersion",
  "name",
  "mesh",
  "metadata",
  "namespace",
  "labels",
  "annotations",
  "spec",
  "targetRef",
  "tags",
  "proxyTypes",
  "default",
  "passthroughMode",
  "appendMatch",
  "value",
  "port",
  "protocol",
  "networking",
  "address",
  "inbound",
  "gateway",
  "state",
  "transparentProxying",
  "redirectPortOutbound",
  "ipFamilyMode",
  "outbound",
  "passthrough",
  "items",
  "proxy",
  "resources",
  "files",
  "cases",
  "connection",
  "want",
  "because",
  "statements",
  "no",
  "only",
  "every",
  "except",
  "for",
  "names",
  "traffic",
  "destination",
  "ip",
  "serverName",
  "kuma.io/policy-role",
  "kuma.io/zone",
  "k8s.kuma.io/namespace",
  "__proto__",
];

const SCALARS: readonly Json[] = [
  "",
  "*",
  "a",
  "a.example",
  "*.example.com",
  "A.EXAMPLE.",
  "b\u00FCcher.example",
  "10.0.0.1",
  "10.0.0.0/8",
  "::1",
  "::/0",
  "fe80::1%eth0",
  "010.1.1.1",
  "Domain",
  "IP",
  "CIDR",
  "tcp",
  "tls",
  "http",
  "grpc",
  "Matched",
  "All",
  "Mesh",
  "MeshSubset",
  "Dataplane",
  "MeshPassthrough",
  "Sidecar",
  "Gateway",
  "allow",
  "deny",
  "tls://a.example:443@10.0.0.1",
  "kuma.io/v1alpha1",
  "kuma-system",
  "constructor",
  0,
  -1,
  443,
  65_536,
  1.5,
  1e21,
  true,
  false,
  null,
];

const RULE: Json = { type: "Domain", value: "a.example", port: 443, protocol: "tls" };
const SOUND: readonly Json[] = [
  { type: "Mesh", name: "default", networking: { outbound: { passthrough: true } } },
  { type: "MeshPassthrough", mesh: "default", name: "p", spec: { default: { appendMatch: [RULE] } } },
  {
    apiVersion: "kuma.io/v1alpha1",
    kind: "MeshPassthrough",
    metadata: { name: "p", namespace: "n", labels: { "kuma.io/mesh": "default" } },
    spec: { targetRef: { kind: "MeshSubset", tags: { a: "b" } }, default: { appendMatch: [RULE] } },
  },
  {
    type: "Dataplane",
    mesh: "default",
    name: "d",
    networking: {
      address: "10.0.0.1",
      inbound: [{ port: 80, tags: { "kuma.io/service": "d" } }],
      transparentProxying: { redirectPortOutbound: 15_001 },
    },
  },
  {
    apiVersion: "kuma.io/v1alpha1",
    kind: "Dataplane",
    mesh: "default",
    metadata: { name: "d", namespace: "n" },
    spec: { networking: { address: "10.0.0.1", gateway: { type: "DELEGATED", tags: { a: "b" } } } },
  },
  { proxy: { mesh: "default", name: "d" }, cases: [{ connection: "tls://a.example:443", want: "allow" }] },
  {
    proxy: { mesh: "default", name: "d" },
    cases: [{ connection: { kind: "tls", destination: { ip: "10.0.0.1", port: 443 }, serverName: "a" }, want: "deny" }],
  },
  {
    statements: [
      {
        no: { port: 25, address: "10.0.0.0/8" },
        except: { names: "a.example" },
        for: { tags: { a: "*" }, proxy: ["d"] },
      },
      { only: [{ traffic: "tls", names: ["*.a.example"] }] },
    ],
  },
];

/** A sound resource in which one to three places hold something else, or nothing. */
function randomResource(random: Random): Json {
  let value = pick(random, SOUND);
  for (let i = 1 + below(random, 3); i > 0; i--) value = replacedSomewhere(random, value);
  return value;
}

function replacedSomewhere(random: Random, value: Json): Json {
  if (random() < 0.15 || value === null || typeof value !== "object") return randomValue(random, 2);
  if (isList(value)) {
    if (value.length === 0 || random() < 0.2) return [...value, randomValue(random, 1)];
    const at = below(random, value.length);
    return value.map((item, i) => (i === at ? replacedSomewhere(random, item) : item));
  }
  const fields = Object.entries(value);
  const dice = random();
  if (dice < 0.15 || fields.length === 0) fields.push([pick(random, FIELDS), randomValue(random, 2)]);
  else if (dice < 0.3) fields.splice(below(random, fields.length), 1);
  else {
    const at = below(random, fields.length);
    const [name, inner] = fields[at] ?? ["", null];
    fields[at] = [dice < 0.4 ? pick(random, FIELDS) : name, replacedSomewhere(random, inner)];
  }
  return Object.fromEntries(fields);
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

function randomValue(random: Random, depth: number): Json {
  const dice = random();
  if (depth === 0 || dice < 0.6) return pick(random, SCALARS);
  const items = Array.from({ length: below(random, 3) }, () => randomValue(random, depth - 1));
  return dice < 0.8 ? items : Object.fromEntries(items.map((item) => [pick(random, FIELDS), item]));
}

/** As JSON, as YAML on one line, or as YAML in blocks. */
function written(random: Random, value: Json): string {
  const dice = random();
  if (dice < 0.3) return JSON.stringify(value);
  return dice < 0.5 ? flow(value) : blocks(value, "");
}

function flow(value: Json): string {
  if (value === null || typeof value !== "object") return scalar(value);
  if (isList(value)) return `[${value.map(flow).join(", ")}]`;
  return `{${Object.entries(value)
    .map(([name, inner]) => `${name}: ${flow(inner)}`)
    .join(", ")}}`;
}

function blocks(value: Json, indent: string): string {
  if (value === null || typeof value !== "object" || Object.keys(value).length === 0) return ` ${flow(value)}\n`;
  const deeper = `${indent}  `;
  if (isList(value)) return `\n${value.map((item) => `${indent}-${blocks(item, deeper)}`).join("")}`;
  return `\n${Object.entries(value)
    .map(([name, inner]) => `${indent}${name}:${blocks(inner, deeper)}`)
    .join("")}`;
}

/** Plain where that reads back as the same; what does not is a fault of its own, and welcome. */
const scalar = (value: string | number | boolean | null): string =>
  typeof value === "string" && /^[*&:%]|^$|: /.test(value) ? JSON.stringify(value) : String(value);

/** One to four damages. */
function mutated(random: Random, from: string, seeds: readonly string[]): string {
  let text = from;
  for (let i = 1 + below(random, 4); i > 0; i--) {
    const at = below(random, text.length + 1);
    const end = Math.min(text.length, at + below(random, random() < 0.7 ? 4 : 80));
    text = text.slice(0, at) + damage(random, text.slice(at, end), text, seeds) + text.slice(end);
  }
  return text.slice(0, MAX_INPUT);
}

/** What stands in place of a part. */
function damage(random: Random, part: string, whole: string, seeds: readonly string[]): string {
  switch (below(random, 7)) {
    case 0:
      return "";
    case 1:
      return part + part;
    case 2:
      return pick(random, WORDS) + part;
    case 3:
      return pick(random, WORDS);
    case 4:
      return [...part].map((c) => String.fromCharCode(c.charCodeAt(0) ^ (1 << below(random, 8)))).join("");
    case 5: {
      const other = pick(random, seeds);
      const start = below(random, other.length);
      return other.slice(start, start + below(random, 60));
    }
    default: {
      const start = below(random, whole.length + 1);
      return whole.slice(start, start + below(random, 60));
    }
  }
}
