import { expect, test } from "vitest";
import { parseResources } from "../text/index.ts";
import { checkDraft, checkSet } from "./index.ts";

type Said = readonly [path: string, message: string, help?: string];

/** What validate says of one document, beyond what text says of it. */
const said = (text: string, options: Parameters<typeof checkDraft>[1] = {}): Said[] =>
  parseResources("f", text)
    .drafts.flatMap((draft) => checkDraft(draft, options))
    .map(
      ({ path, message, help }): Said =>
        help === undefined ? [path.join("."), message] : [path.join("."), message, help],
    );

const NAME = "use lower-case letters, digits, `-` and `.`, with a letter or digit at both ends of each part";
const MESH = "use lower-case letters, digits, `-`, `_` and `.`";
const mesh = (name: string): string => `type: Mesh\nname: ${JSON.stringify(name)}\n`;
const policy = (inMesh: string): string => `type: MeshPassthrough\nname: p\nmesh: ${inMesh}\nspec: {}\n`;
const object = (kind: string, metadata: string, rest = ""): string =>
  `apiVersion: kuma.io/v1alpha1\nkind: ${kind}\nmetadata: {${metadata}}\n${rest}spec: {}\n`;

test.each<[text: string, exists: boolean, said: Said[]]>([
  [mesh(""), false, [["name", "the name is empty"]]],
  [mesh("a".repeat(254)), false, [["name", "the name has 254 characters; at most 253 are allowed"]]],
  [mesh("a_b"), false, [["name", "`a_b` is not a name", NAME]]],
  [mesh("a_b"), true, [["name", "a new resource could not be named `a_b`", NAME]]],
  [mesh("x a_b"), true, [["name", "`x a_b` is not a name", NAME]]],
  [mesh("a_b x"), true, [["name", "`a_b x` is not a name", NAME]]],
  [policy("''"), false, [["mesh", "the mesh is empty", MESH]]],
  [policy("My"), false, [["mesh", "`My` is not the name of a mesh", MESH]]],
  [policy("m".repeat(253)), false, []],
  [policy("m".repeat(254)), false, [["mesh", `\`${"m".repeat(80)}…\` is not the name of a mesh`, MESH]]],
  [object("MeshPassthrough", "name: a_b"), true, [["metadata.name", "`a_b` is not a name", NAME]]],
  [
    object("MeshPassthrough", "name: p, labels: {kuma.io/mesh: My}"),
    false,
    [["metadata.labels.kuma.io/mesh", "`My` is not the name of a mesh", MESH]],
  ],
  [object("Mesh", "name: m, labels: {kuma.io/mesh: My}"), false, []],
  [object("Dataplane", "name: d", "mesh: My\n"), false, [["mesh", "`My` is not the name of a mesh", MESH]]],
  [
    object("MeshPassthrough", "name: p, namespace: a.b"),
    false,
    [
      [
        "metadata.namespace",
        "`a.b` is not the name of a namespace",
        "use at most 63 lower-case letters, digits and `-`, with a letter or digit at both ends",
      ],
    ],
  ],
  [object("MeshPassthrough", `name: p, namespace: ${"n".repeat(63)}`), false, []],
])("%j (exists: %s)", (text, exists, expected) => {
  expect(said(text, { exists })).toEqual(expected);
});

test("labels", () => {
  const name =
    "write at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends; a domain and `/` may come before";
  const value = "write at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends";
  expect(said("type: Mesh\nname: m\nlabels: {-a: b, a: b c}\n")).toEqual([
    ["labels.-a", "`-a` is not the name of a label", name],
    ["labels.a", "`b c` is not the value of a label", value],
  ]);
  expect(said(object("Mesh", "name: m, labels: {a-: b, a.-b/c: d, a..b/c: d, a-.b/c: d}"))).toEqual(
    ["a-", "a.-b/c", "a..b/c", "a-.b/c"].map((key) => [
      `metadata.labels.${key}`,
      `\`${key}\` is not the name of a label`,
      name,
    ]),
  );
  expect(said(`type: Mesh\nname: m\nlabels: {${"p".repeat(253)}/a: b, a: ${"v".repeat(63)}}\n`)).toEqual([]);
  expect(said(`type: Mesh\nname: m\nlabels: {${"p".repeat(254)}/a: b}\n`)).toHaveLength(1);
  expect(said("type: Mesh\nname: m\nlabels: {a: b-, b: -c, c: ''}\n")).toHaveLength(2);
});

test("tags of a selector, of MeshSubset alone", () => {
  const tags = (kind: string, text: string) =>
    said(`type: MeshPassthrough\nname: p\nmesh: default\nspec:\n  targetRef: {kind: ${kind}, tags: {${text}}}\n`);
  expect(tags("MeshSubset", "a: '*', b: '', '': x, 'a b': c/d")).toEqual([
    [
      "spec.targetRef.tags.a",
      "`*` is not the value of a tag",
      "a tag selects one value; leave the tag out to select any",
    ],
    ["spec.targetRef.tags.b", "the tag `b` has an empty value", "use letters, digits, `.`, `-`, `_` and `:`"],
    ["spec.targetRef.tags.", "a tag has an empty name", "use letters, digits, `.`, `-`, `_`, `:` and `/`"],
    ["spec.targetRef.tags.a b", "`a b` is not the name of a tag", "use letters, digits, `.`, `-`, `_`, `:` and `/`"],
    ["spec.targetRef.tags.a b", "`c/d` is not the value of a tag", "use letters, digits, `.`, `-`, `_` and `:`"],
  ]);
  expect(tags("Mesh", "a: '*'")).toEqual([]);
});

const RULES = "spec.default.appendMatch";
test.each<[rules: string[], mode: string, said: Said[]]>([
  [
    ["type: Domain, value: a.test, protocol: tcp, port: 80"],
    "Matched",
    [
      [
        `${RULES}.0.protocol`,
        "`tcp` cannot be used with `type: Domain`: plain TCP carries no name",
        "use `tls` where the client opens TLS, or write the addresses with `type: IP` or `type: CIDR`",
      ],
    ],
  ],
  [
    ["type: Domain, value: '*.test', protocol: http"],
    "Matched",
    [
      [
        `${RULES}.0.port`,
        "a wildcard with `http` needs a port",
        "write the port; the level `extended` accepts it without",
      ],
    ],
  ],
  [
    ["type: Domain, value: '*a.test', protocol: grpc"],
    "Matched",
    [[`${RULES}.0.port`, "a wildcard with `grpc` needs a port", "write the port"]],
  ],
  [
    ["type: Domain, value: a.test, protocol: http", "type: Domain, value: b.test, protocol: grpc"],
    "Matched",
    [0, 1].map((i) => [
      `${RULES}.${i}.protocol`,
      "rules without port: `http` and `grpc` cannot be told apart",
      "use one of `http`, `http2`, `grpc` for all of them: `http` admits HTTP/2 and gRPC requests too; the level `extended` accepts them side by side",
    ]),
  ],
  [
    ["type: Domain, value: a.test, protocol: tls", "type: Domain, value: a.test, protocol: tls"],
    "Matched",
    [1, 0].map((other, i) => [
      `${RULES}.${i}.value`,
      "this rule is written twice: same value, port and protocol",
      `keep one of them; the other is on line ${8 + other}`,
    ]),
  ],
  [
    ["type: Domain, value: a.test, protocol: tls", "type: Domain, value: A.test, protocol: tls"],
    "Matched",
    [1, 0].map((other, i) => [
      `${RULES}.${i}.value`,
      "another rule of this policy says the same in another spelling",
      `keep one of them; the other is on line ${8 + other}`,
    ]),
  ],
  [
    ["type: IP, value: 10.0.0.1, protocol: tcp"],
    "Matched",
    [
      [
        `${RULES}.0.protocol`,
        "this `tcp` rule also admits TLS and HTTP to these addresses, on every port",
        "write a port if one is meant",
      ],
    ],
  ],
  [
    ["type: IP, value: 10.0.0.1, protocol: tcp, port: 80", "type: IP, value: 10.0.0.2, protocol: http, port: 80"],
    "Matched",
    [
      [
        `${RULES}.0.protocol`,
        "this `tcp` rule also admits TLS and HTTP to these addresses",
        "other rules name port 80 for TLS or HTTP: use their protocol if only that is meant",
      ],
    ],
  ],
  [
    ["type: Domain, value: a.test, protocol: tls"],
    "All",
    [
      [
        RULES,
        "the mode is `All`: this list has no effect unless another policy that selects the same proxy sets `Matched`",
        "write `passthroughMode: Matched`, or take the list out",
      ],
    ],
  ],
  [
    ["type: Domain, value: a.test, protocol: tls"],
    "",
    [
      [
        RULES,
        "no mode is set: this list has no effect unless another policy that selects the same proxy sets `Matched`",
        "write `passthroughMode: Matched`, or take the list out",
      ],
    ],
  ],
])("rules %j in mode %s", (rules, mode, expected) => {
  const line = mode === "" ? "{}" : `\n    passthroughMode: ${mode}`;
  const head = "type: MeshPassthrough\nname: p\nmesh: default\nspec:\n  default:";
  const list = `    appendMatch:\n${rules.map((r) => `    - {${r}}\n`).join("")}`;
  expect(said(mode === "" ? `${head}\n${list}` : `${head}${line}\n${list}`)).toEqual(expected);
});

test("extended accepts what has a meaning", () => {
  const text = (rules: string) =>
    `type: MeshPassthrough\nname: p\nmesh: default\nspec:\n  default:\n    passthroughMode: Matched\n    appendMatch:\n${rules}`;
  const two = text(
    "    - {type: Domain, value: a.test, protocol: http, port: 80}\n    - {type: Domain, value: '*', protocol: grpc}\n    - {type: Domain, value: b.test, protocol: grpc, port: 80}\n",
  );
  expect(said(two)).toHaveLength(3);
  expect(said(two, { compatibility: "kuma-2.9" })).toHaveLength(3);
  expect(said(two, { compatibility: "extended" })).toEqual([]);
});

test("what only shows in a set", () => {
  const set = (...texts: string[]): Said[] =>
    checkSet(texts.flatMap((text, i) => parseResources(`f${i}`, text).resources)).map(
      ({ path, message, help = "" }): Said => [path.join("."), message, help],
    );
  expect(set(policy("default"), policy("default"))).toEqual(
    [1, 0].map((other) => [
      "name",
      "`MeshPassthrough/default/p` is written more than once",
      `keep one of them, or rename it; another is at f${other}:1`,
    ]),
  );
  const kubernetes = object("MeshPassthrough", "name: p, namespace: n");
  expect(set(kubernetes, kubernetes).map(([path]) => path)).toEqual(["metadata.name", "metadata.name"]);
  const elsewhere =
    "type: Dataplane\nname: d\nmesh: default\nnetworking: {address: 10.0.0.1, inbound: [{port: 80, tags: {kuma.io/service: a}}]}\n";
  expect(set(policy("defualt"), mesh("default"))).toEqual([
    ["mesh", "there is no mesh `defualt`: this policy selects nothing", "did you mean `default`?"],
  ]);
  expect(set(policy("nowhere"), mesh("default"))).toEqual([
    ["mesh", "there is no mesh `nowhere`: this policy selects nothing", "write the Mesh too, or name one that exists"],
  ]);
  expect(set(elsewhere, mesh("other"))).toEqual([
    [
      "mesh",
      "there is no mesh `default`: its passthrough flag is taken as true",
      "write the Mesh too, or name one that exists",
    ],
  ]);
  expect(set(object("MeshPassthrough", "name: p, labels: {kuma.io/mesh: x}"), mesh("default"))[0]?.[0]).toBe(
    "metadata.labels.kuma.io/mesh",
  );
  const dataplaneObject = object("Dataplane", "name: d, namespace: n", "mesh: x\n").replace(
    "spec: {}",
    "spec: {networking: {address: 10.0.0.1, inbound: [{port: 80, tags: {kuma.io/service: a}}]}}",
  );
  expect(set(dataplaneObject, mesh("default"))[0]?.[0]).toBe("mesh");
});
