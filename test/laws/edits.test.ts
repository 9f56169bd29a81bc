import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { check } from "../../src/policy/check/index.ts";
import { decide } from "../../src/policy/decide/index.ts";
import { selects } from "../../src/policy/match/index.ts";
import { effectivePolicy as merged, notEnforced } from "../../src/policy/merge/index.ts";
import {
  type Form,
  formatConnection,
  type Mode,
  policyRef,
  type Rule,
  type WrittenRule,
} from "../../src/policy/model/index.ts";
import {
  classesSpace,
  connectionSpace,
  difference,
  equal,
  holdsConnection,
  intersection,
  isEmpty,
  policySpace,
  union,
} from "../../src/policy/space/index.ts";
import { printResource } from "../../src/policy/text/index.ts";
import {
  type Edit,
  formatQuestion,
  parseQuestion,
  proposeEdits,
  type Question,
  questionSpace,
  renderEdits,
  type Situation,
  viewEdit,
  whyNames,
} from "../../src/policy/why/index.ts";
import {
  connection,
  connectionNear,
  connectionText,
  dataplane,
  effectivePolicy,
  mesh,
  policySet,
  writtenRule,
} from "./arbitraries.ts";
import { meta, must, dataplane as plainDataplane, ruleOf } from "./builders.ts";
import { enough } from "./enough.ts";

const CONTEXT = { systemNamespace: "kuma-system" };

/** One connection, all to any address, or under any name. */
const question: fc.Arbitrary<Question> = fc.tuple(connectionText, fc.constantFrom(0, 0, 0, 1)).map(([c, any]) => {
  const { scheme, destination } = c;
  if (any === 0 || c.kind === "opaque") return { connection: c, anyName: false };
  if (c.kind === "tls") return { connection: { kind: "tls", scheme, destination }, anyName: true };
  return { connection: { kind: "http", version: c.version, isGrpc: c.isGrpc, scheme, destination }, anyName: true };
});

const near = (rules: readonly Rule[]): fc.Arbitrary<Question> =>
  rules.length === 0
    ? question
    : fc.oneof(
        question,
        fc
          .constantFrom(...rules)
          .chain(connectionNear)
          .map((c): Question => ({ connection: { scheme: "tls", ...c }, anyName: false })),
      );

const situation: fc.Arbitrary<Situation> = fc
  .tuple(mesh, policySet, dataplane, fc.array(dataplane, { maxLength: 2 }))
  .map(([mesh, policies, one, others]) => ({
    mesh,
    policies,
    dataplane: one,
    dataplanes: [one, ...others.map((other, i) => ({ ...other, meta: { ...other.meta, name: `other-${i}` } }))],
    context: CONTEXT,
  }));

const asked = situation.chain((s) => fc.tuple(fc.constant(s), near(s.policies.flatMap(({ rules }) => rules))));

const applied = (policies: Situation["policies"], { resource, kind }: Edit): Situation["policies"] =>
  kind === "new policy"
    ? [...policies, resource]
    : policies.map((p) => (p.meta.name === resource.meta.name && p.meta.mesh === resource.meta.mesh ? resource : p));

describe("edits", () => {
  test("law: an edit allows all that was asked about, and lets out what it says and no more", () => {
    let edited = 0;
    fc.assert(
      fc.property(asked, ([s, q]) => {
        const before = policySpace(merged(s.mesh, s.policies, s.dataplane));
        const wanted = questionSpace(q);
        for (const edit of proposeEdits(q, s)) {
          edited++;
          const after = policySpace(merged(s.mesh, applied(s.policies, edit), s.dataplane));
          expect(isEmpty(difference(wanted, after))).toBe(true);
          const lets = classesSpace(edit.lets);
          expect(isEmpty(intersection(lets, wanted))).toBe(true);
          expect(equal(difference(after, before), union(lets, difference(wanted, before)))).toBe(true);
          // An edit only ever adds.
          expect(isEmpty(difference(before, after))).toBe(true);
          const concerned = s.dataplanes.filter(
            (d) => d !== s.dataplane && notEnforced(d) === undefined && selects(edit.resource, d).selected,
          );
          expect(edit.alsoFor.map(({ name }) => name)).toEqual(concerned.map((d) => d.meta.name));
        }
      }),
      { numRuns: 1500 },
    );
    expect(edited).toBeGreaterThan(enough(500));
  });

  test("law: none where nothing is denied; where it is, and a rule can say it, there is one", () => {
    fc.assert(
      fc.property(asked, ([s, q]) => {
        const effective = merged(s.mesh, s.policies, s.dataplane);
        const denied = !isEmpty(difference(questionSpace(q), policySpace(effective)));
        const edits = proposeEdits(q, s);
        if (!denied) expect(edits).toEqual([]);
        const { connection: c } = q;
        const isAddress = c.destination.ip !== undefined && !(q.anyName && c.kind === "http");
        if (denied && isAddress && effective.mode.value === "Matched") expect(edits.length).toBeGreaterThan(0);
      }),
      { numRuns: 1500 },
    );
  });

  test("law: an edit that lets out less comes first", () => {
    fc.assert(
      fc.property(asked, ([s, q]) => {
        const edits = proposeEdits(q, s).map((edit) => ({ edit, lets: classesSpace(edit.lets) }));
        for (const [i, a] of edits.entries())
          for (const b of edits.slice(i + 1)) {
            const isLess = isEmpty(difference(b.lets, a.lets)) && !isEmpty(difference(a.lets, b.lets));
            if (b.edit.alsoFor.length <= a.edit.alsoFor.length)
              expect(isLess, JSON.stringify([a.edit.rule, b.edit.rule])).toBe(false);
          }
      }),
      { numRuns: 1000 },
    );
  });
});

/** Texts of one policy of each form, and of two proxies. */
function texts(form: Form, mode: Mode | undefined, rules: readonly WrittenRule[]) {
  const namespace = form === "kubernetes" ? { namespace: "shop" } : {};
  const metaOf = (name: string) => ({
    ...meta(form === "kubernetes" ? `${name}.shop` : name, {
      form,
      displayName: name,
      labels: form === "kubernetes" ? { "kuma.io/mesh": "default" } : {},
    }),
    ...namespace,
  });
  const policy = {
    type: "MeshPassthrough" as const,
    meta: metaOf("some"),
    rules: rules.map(ruleOf),
    ...(mode === undefined ? {} : { mode }),
  };
  return {
    dataplane: printResource(plainDataplane({ meta: metaOf("web-1") }), form),
    policy: printResource(policy, form),
  };
}

const checked = (...all: string[]) => check(all.map((text, i) => ({ file: `${i}.yaml`, text })));

test("law: what is pasted is accepted, and then decide allows it", () => {
  const modes = fc.constantFrom<Mode | undefined>("Matched", "Matched", "Matched", "None", undefined);
  const written = fc.array(writtenRule, { maxLength: 4 });
  const input = fc
    .tuple(fc.constantFrom<Form>("universal", "kubernetes"), modes, written)
    .chain((all) => fc.tuple(fc.constant(all), near(all[2].map(ruleOf))));
  let pasted = 0;
  fc.assert(
    fc.property(input, ([[form, mode, rules], q]) => {
      const text = texts(form, mode, rules);
      const before = checked(text.dataplane, text.policy);
      fc.pre(before.diagnostics.every(({ severity }) => severity === "warning"));
      const [proxy] = before.proxies;
      if (proxy === undefined) throw new Error("there is a proxy");
      const policies = proxy.policies.map((p) => p.policy);
      const s: Situation = {
        mesh: undefined,
        policies,
        dataplane: proxy.dataplane,
        dataplanes: [proxy.dataplane],
        context: CONTEXT,
      };
      for (const edit of proposeEdits(q, s)) {
        pasted++;
        const { yaml } = viewEdit(edit, { systemNamespace: "kuma-system" });
        const after =
          edit.kind === "new policy"
            ? checked(text.dataplane, text.policy, yaml)
            : checked(text.dataplane, pastedInto(text.policy, edit, yaml));
        expect(
          after.diagnostics.filter(({ severity }) => severity === "error"),
          yaml,
        ).toEqual([]);
        const effective = after.proxies[0]?.effective;
        if (effective === undefined) throw new Error("there is a proxy");
        expect(isEmpty(difference(questionSpace(q), policySpace(effective))), yaml).toBe(true);
        const { destination } = q.connection;
        if (destination.ip !== undefined && !q.anyName)
          expect(decide(effective, { ...q.connection, destination: { ...destination, ip: destination.ip } }).kind).toBe(
            "allow",
          );
      }
    }),
    { numRuns: 400 },
  );
  expect(pasted).toBeGreaterThan(enough(100));
});

/** As its reader does it: the entry at the end of the list, or in the place of another; the mode where that is said. */
function pastedInto(policy: string, { kind, policy: { index = 0 } }: Edit, entry: string): string {
  const indent = /^( *)default:/m.exec(policy)?.[1] ?? "";
  const lines = entry
    .trimEnd()
    .split("\n")
    .map((line) => `${indent}    ${line}`);
  let text = policy.replace("default: {}", "default:");
  if (!text.includes("appendMatch:")) text = `${text.trimEnd()}\n${indent}  appendMatch:\n`;
  if (kind === "set mode") {
    text = text.replace(/^ *passthroughMode:.*\n/m, "");
    text = text.replace(/^( *)default:\n/m, (all) => `${all}${indent}  passthroughMode: Matched\n`);
  }
  const [head = "", list = ""] = text.split(/(?<=appendMatch:\n)/);
  const entries = list.split(/^(?= *- )/m).filter((part) => part !== "");
  if (kind === "change rule") entries[index] = `${lines.join("\n")}\n`;
  else entries.push(`${lines.join("\n")}\n`);
  return `${head}${entries.join("")}`;
}

describe("any name", () => {
  test("law: the answer for any name holds for each name", () => {
    const policyAndQuestion = effectivePolicy.chain((p) =>
      fc.tuple(fc.constant(p), question, fc.array(connection, { maxLength: 20 })),
    );
    fc.assert(
      fc.property(policyAndQuestion, ([p, q, others]) => {
        fc.pre(q.anyName);
        const answer = whyNames(p, q);
        expect(decide(p, answer.example)).toEqual(answer.because);
        expect(holdsConnection(questionSpace(q), answer.example)).toBe(true);
        for (const c of others.filter((other) => holdsConnection(questionSpace(q), other))) {
          const { kind } = decide(p, c);
          if (answer.verdict !== "depends") expect(kind, formatConnection(c)).toBe(answer.verdict);
          else expect(holdsConnection(classesSpace(kind === "allow" ? answer.allowed : answer.denied), c)).toBe(true);
        }
        const refs = answer.admitting.map(({ source }) => source);
        const admits = (rule: Rule) =>
          !isEmpty(
            intersection(
              questionSpace(q),
              policySpace({ ...p, rules: [{ value: rule, source: policyRef({ meta: meta("x") }) }] }),
            ),
          );
        if (p.enforced === true && p.mode.value === "Matched")
          expect(refs).toEqual(p.rules.filter(({ value }) => admits(value)).map(({ source }) => source));
      }),
      { numRuns: 1500 },
    );
  });

  test("law: a question as text reads back as itself", () => {
    fc.assert(
      fc.property(question, (q) => {
        const back = must(parseQuestion(formatQuestion(q)));
        expect(formatQuestion(back)).toBe(formatQuestion(q));
        expect(back.anyName).toBe(q.anyName);
        expect(equal(questionSpace(back), questionSpace(q))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test("law: the space of a connection holds it, and is one point of what rules can tell apart", () => {
    fc.assert(
      fc.property(connection, connection, effectivePolicy, (a, b, p) => {
        expect(holdsConnection(connectionSpace(a), a)).toBe(true);
        if (holdsConnection(connectionSpace(a), b)) expect(decide(p, b).kind).toBe(decide(p, a).kind);
      }),
      { numRuns: 2000 },
    );
  });
});

test("rendering never fails", () => {
  fc.assert(
    fc.property(asked, ([s, q]) => {
      const edits = proposeEdits(q, s);
      const lines = renderEdits(edits, { systemNamespace: "kuma-system", placeOf: () => "p.yaml:1:1" });
      expect(lines.length > 0).toBe(edits.length > 0);
      expect(lines.join("").includes("\n")).toBe(false);
    }),
    { numRuns: 200 },
  );
});
