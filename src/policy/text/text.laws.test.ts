import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Dataplane,
  INBOUND_STATES,
  IP_FAMILY_MODES,
  type Labels,
  type Meta,
  MODES,
  PROTOCOLS,
  PROXY_TYPES,
  parseRule,
  type Resource,
  type Rule,
} from "../model/index.ts";
import { parseResources, printResource } from "./index.ts";

const word = fc.stringMatching(/^[a-z0-9](?:[-a-z0-9]{0,6}[a-z0-9])?$/);
/** Also texts that YAML, or an older YAML, would read as something else. */
const tagText = fc.oneof(word, fc.constantFrom("yes", "no", "null", "1.0", "0x1", "1e3", "true", "~", "1:20", "a:b"));
const tags = fc.dictionary(fc.oneof(word, fc.constant("kuma.io/service")), tagText, { maxKeys: 3 });

const rule: fc.Arbitrary<Rule> = fc
  .record(
    {
      match: fc.constantFrom(
        ["Domain", "*"],
        ["Domain", "*.Example.com"],
        ["Domain", "a_b.example."],
        ["IP", "1.2.3.4"],
        ["IP", "2001:DB8::1"],
        ["CIDR", "10.1.2.3/8"],
        ["CIDR", "::/0"],
      ),
      port: fc.integer({ min: 1, max: 65_535 }),
      protocol: fc.constantFrom(...PROTOCOLS),
    },
    { requiredKeys: ["match", "protocol"] },
  )
  .map(({ match: [type = "", value = ""], ...rest }) => parseRule({ type, value, ...rest }))
  .chain((parsed) => (parsed.ok ? fc.constant(parsed.value) : rule));

const labels: fc.Arbitrary<Labels> = fc.dictionary(fc.oneof(word, fc.constant("kuma.io/effect")), word, { maxKeys: 3 });

/** Meta of both forms, as reading gives it; without what only one of them can say. */
const meta: fc.Arbitrary<Meta> = fc
  .record({
    name: word,
    mesh: word,
    labels,
    display: fc.option(word),
    namespace: fc.option(fc.oneof(word, fc.constant("kuma-system"))),
  })
  .map(({ name, mesh, labels: own, display, namespace }) => {
    const displayName = display === null ? {} : { "kuma.io/display-name": display };
    const common = { mesh, displayName: display ?? name };
    if (namespace === null)
      return { ...common, form: "universal", name, labels: { ...own, ...displayName }, annotations: {} };
    return {
      ...common,
      form: "kubernetes",
      name: `${name}.${namespace}`,
      namespace,
      labels: { ...own, "kuma.io/mesh": mesh, ...displayName },
      annotations: displayName,
    };
  });

const targetRef = fc.oneof(
  fc.record({ kind: fc.constant("Mesh" as const), proxyTypes: types() }, { requiredKeys: ["kind"] }),
  fc.record(
    { kind: fc.constant("MeshSubset" as const), tags, proxyTypes: types() },
    { requiredKeys: ["kind", "tags"] },
  ),
);

function types() {
  return fc.uniqueArray(fc.constantFrom(...PROXY_TYPES), { minLength: 1 });
}

const body = fc.oneof(
  fc.record(
    {
      type: fc.constant("MeshPassthrough" as const),
      targetRef,
      mode: fc.constantFrom(...MODES),
      rules: fc.array(rule, { maxLength: 4 }),
    },
    { requiredKeys: ["type", "rules"] },
  ),
  fc.record(
    {
      type: fc.constant("Dataplane" as const),
      address: fc.constantFrom("10.0.0.1", "web.example"),
      inbound: fc.array(
        fc.record(
          {
            port: fc.integer({ min: 1, max: 65_535 }),
            address: fc.constant("10.0.0.2"),
            tags,
            state: fc.constantFrom(...INBOUND_STATES),
          },
          { requiredKeys: ["port", "tags"] },
        ),
        { maxLength: 2 },
      ),
      gateway: fc.record({ type: fc.constantFrom("DELEGATED" as const, "BUILTIN" as const), tags }),
      transparentProxying: fc.record({
        redirectPortOutbound: fc.nat(65_535),
        redirectPortInbound: fc.nat(65_535),
        ipFamilyMode: fc.constantFrom(...IP_FAMILY_MODES),
      }),
    },
    { requiredKeys: ["type", "address", "inbound"] },
  ) satisfies fc.Arbitrary<Omit<Dataplane, "meta">>,
  fc.record({ type: fc.constant("Mesh" as const), passthrough: fc.boolean() }, { requiredKeys: ["type"] }),
);

/** A Mesh has no namespace, and is its own mesh. */
const resource: fc.Arbitrary<Resource> = fc.tuple(meta, body).map(([m, b]) => {
  if (b.type !== "Mesh") return { ...b, meta: m };
  const { namespace: _, ...own } = m;
  const name = m.name.replace(/\..*$/, "");
  return { ...b, meta: { ...own, name, mesh: name } };
});

function reread(text: string): Resource {
  const { resources, diagnostics } = parseResources("f", text);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const [only, ...others] = resources;
  expect(others).toEqual([]);
  if (only === undefined) throw new Error(`nothing in ${text}`);
  return only.resource;
}

test("law: printing and reading a resource in its own form gives it back", () => {
  fc.assert(
    fc.property(resource, (r) => {
      expect(reread(printResource(r, r.meta.form))).toEqual(r);
    }),
    { numRuns: 500 },
  );
});

test("law: a resource survives the way to the other form and back", () => {
  fc.assert(
    fc.property(resource, (r) => {
      const other = r.meta.form === "universal" ? "kubernetes" : "universal";
      const there = reread(printResource(r, other));
      expect(there.meta.form).toBe(other);
      const back = reread(printResource(there, r.meta.form));
      const bare = ({ labels: { "kuma.io/mesh": _, ...rest } }: Meta) => rest; // computed where it is absent
      expect(bare(back.meta)).toEqual(bare(r.meta));
      expect({ ...back, meta: { ...back.meta, labels: {} } }).toEqual({ ...r, meta: { ...r.meta, labels: {} } });
    }),
    { numRuns: 500 },
  );
});

test("law: a namespace other than the system's becomes a label of the Universal form", () => {
  fc.assert(
    fc.property(resource, (r) => {
      fc.pre(r.meta.namespace !== undefined);
      const { labels } = reread(printResource(r, "universal")).meta;
      const expected = r.meta.namespace === "kuma-system" ? undefined : r.meta.namespace;
      expect(labels["k8s.kuma.io/namespace"]).toBe(expected);
    }),
  );
});

/** Every place of every finding lies in the text. */
function checkPlaces(text: string): void {
  const { diagnostics, resources } = parseResources("f", text);
  const lines = text.split("\n");
  for (const { span, message } of diagnostics) {
    expect(span, message).toBeDefined();
    for (const position of [span?.start, span?.end]) {
      const line = lines[(position?.line ?? 0) - 1];
      expect(line, message).toBeDefined();
      expect(position?.column).toBeGreaterThanOrEqual(1);
      expect(position?.column).toBeLessThanOrEqual((line?.length ?? 0) + 1);
    }
    expect(message).toMatch(/^[^\n]+[^.\n]$/);
  }
  for (const {
    resource: { type },
  } of resources)
    expect(type).not.toBe("");
}

test("law: reading never throws, whatever the text, and every finding has a place in it", () => {
  const bytes = fc.uint8Array({ maxLength: 80 }).map((b) => new TextDecoder().decode(b));
  const yamlish = fc
    .array(
      fc.constantFrom(
        ..."{ } [ ] : , - ? & * ! | > ' \" % # a b << 0 1 ~ \n \t \r\n  ".split(" "),
        " ",
        "\n  ",
        "- ",
        ": ",
        "type: Mesh\n",
        "name: x\n",
        "---\n",
        "...\n",
        "&a ",
        "*a",
        "!!str ",
        "\u0000",
        "\ud800",
        "\ufeff",
        "spec:\n",
        "kind: List\nitems:\n",
      ),
      { maxLength: 25 },
    )
    .map((parts) => parts.join(""));
  fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" }), bytes, yamlish), checkPlaces), {
    numRuns: 3000,
  });
});

test("law: reading never throws on a valid document with something changed in it", () => {
  const cut = fc.record({
    at: fc.nat(1000),
    remove: fc.nat(6),
    insert: fc.oneof(
      fc.constant(""),
      fc.string({ maxLength: 3 }),
      fc.constantFrom(": ", "\n", "null", "[]", "{}", "7", "- ", "&a ", "*a", "\t"),
    ),
  });
  fc.assert(
    fc.property(resource, fc.array(cut, { minLength: 1, maxLength: 3 }), (r, cuts) => {
      let text = printResource(r, r.meta.form);
      for (const { at, remove, insert } of cuts) {
        const i = at % (text.length + 1);
        text = text.slice(0, i) + insert + text.slice(i + remove);
      }
      checkPlaces(text);
    }),
    { numRuns: 1000 },
  );
});

test("law: reading never throws on a valid document with a value of another kind in it", () => {
  const json = fc.jsonValue({ maxDepth: 2 });
  fc.assert(
    fc.property(resource, fc.nat(), json, (r, n, value) => {
      const document: unknown = JSON.parse(JSON.stringify(toObject(printResource(r, r.meta.form))));
      const slots: [Record<string, unknown>, string][] = [];
      collect(document, slots);
      const slot = slots[n % slots.length];
      if (slot !== undefined) slot[0][slot[1]] = value;
      checkPlaces(JSON.stringify(document));
    }),
    { numRuns: 1000 },
  );
});

function toObject(text: string): unknown {
  const draft = parseResources("f", text).drafts[0];
  const plain = (value: unknown): unknown =>
    value instanceof Map
      ? Object.fromEntries([...value].map(([k, v]) => [k, plain(v)]))
      : Array.isArray(value)
        ? value.map(plain)
        : value;
  return plain(draft?.root);
}

function collect(value: unknown, slots: [Record<string, unknown>, string][]): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    slots.push([value as Record<string, unknown>, key]);
    collect(inner, slots);
  }
}
