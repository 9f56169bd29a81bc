import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { effectivePolicy } from "../../../test/laws/arbitraries.ts";
import { EffectivePolicySchema } from "../../gen/sallyport/v1/effective_policy_pb.js";
import { IP_FAMILY_MODES, parseRule } from "../../policy/model/index.ts";
import {
  decodeEffectivePolicy,
  EFFECTIVE_POLICY_TYPE_URL,
  encodeEffectivePolicy,
  encodeHead,
  type ProxyPolicy,
} from "./index.ts";

const ref = (name: string) => ({ mesh: "default", name, displayName: name });

const proxyPolicy: fc.Arbitrary<ProxyPolicy> = fc.record({
  mesh: fc.constantFrom("default", "m"),
  proxy: fc.constantFrom("web-1", "p"),
  policy: effectivePolicy,
  policies: fc.shuffledSubarray(["p", "q", "r", "without-rules"]).map((names) => names.map(ref)),
  redirectPortOutbound: fc.constantFrom(0, 15_001, 65_535),
  ipFamilyMode: fc.constantFrom(...IP_FAMILY_MODES),
});

test("the type has the message's own name", () => {
  expect(EFFECTIVE_POLICY_TYPE_URL).toBe(`type.googleapis.com/${EffectivePolicySchema.typeName}`);
});

test("law: what is encoded is decoded, with every source, and encodes to the same bytes", () => {
  fc.assert(
    fc.property(proxyPolicy, (given) => {
      const bytes = encodeEffectivePolicy(given);
      const back = decodeEffectivePolicy(bytes);
      if (!back.ok) throw new TypeError(back.faults.join("; "));
      const { policies, ...rest } = given;
      expect(back.value).toMatchObject(rest);
      expect(back.value.policies.slice(0, policies.length)).toEqual(policies);
      expect(encodeEffectivePolicy(back.value)).toEqual(bytes);
    }),
    { numRuns: 500 },
  );
});

test("law: beside an earlier policy the answer is the same, and what did not change is the same object", () => {
  fc.assert(
    fc.property(proxyPolicy, proxyPolicy, (given, other) => {
      const bytes = encodeEffectivePolicy(given);
      const alone = decodeEffectivePolicy(bytes);
      if (!alone.ok) throw new TypeError(alone.faults.join("; "));
      expect(decodeEffectivePolicy(bytes, other.policy.rules)).toEqual(alone);
      const again = decodeEffectivePolicy(bytes, alone.value.policy.rules);
      if (!again.ok) throw new TypeError(again.faults.join("; "));
      expect(again.value.policy.rules.every((rule, i) => rule === alone.value.policy.rules[i])).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("law: damaged bytes are refused or are another valid policy, and never throw", () => {
  fc.assert(
    fc.property(proxyPolicy, fc.nat(), fc.nat(255), (given, where, byte) => {
      const bytes = encodeEffectivePolicy(given);
      bytes[where % bytes.length] = byte;
      const back = decodeEffectivePolicy(bytes);
      if (!back.ok) expect(back.faults.length).toBeGreaterThan(0);
    }),
    { numRuns: 2000 },
  );
});

test("an edit leaves the bytes of all other rules as they were, whatever it does to their positions", () => {
  const policyOf = (names: readonly string[], policies: readonly string[]) => ({
    ...{ mesh: "m", proxy: "p", redirectPortOutbound: 15_001, ipFamilyMode: "DualStack" as const },
    policies: policies.map(ref),
    policy: {
      enforced: true as const,
      mode: { value: "Matched" as const, source: "mesh" as const },
      rules: names.map((name, index) => {
        const rule = parseRule({ type: "Domain", value: name, protocol: "tls" });
        if (!rule.ok) throw new TypeError(name);
        return { value: rule.value, source: { ...ref("p"), index } };
      }),
    },
  });
  const names = Array.from({ length: 100 }, (_, i) => `n${i}.test`);
  const text = (given: ProxyPolicy) => Buffer.from(encodeEffectivePolicy(given)).toString("latin1");
  const before = text(policyOf(names, ["p"]));
  const kept = before.slice(before.indexOf("n2.test"));
  const after = text(policyOf(["new.test", ...names], ["q", "p"]));
  expect(after.endsWith(kept)).toBe(true);
  expect(before.startsWith(Buffer.from(encodeHead({ mesh: "m", proxy: "p" })).toString("latin1"))).toBe(true);
});

describe("any fault refuses the whole", () => {
  const good = {
    mesh: "default",
    proxy: "web-1",
    mode: "Matched",
    modeSource: { case: "modeDefault", value: true },
    policies: [{ ...ref("p"), id: 7 }],
    rules: [{ policy: 7, index: 0, type: "Domain", value: "a.test", protocol: "tls", port: 443 }],
    redirectPortOutbound: 15_001,
    ipFamilyMode: "DualStack",
  } as const;
  const rule = good.rules[0];
  const faultsOf = (changes: object): readonly string[] => {
    const message = create(EffectivePolicySchema, {
      ...good,
      policies: [...good.policies],
      rules: [...good.rules],
      ...changes,
    });
    const decoded = decodeEffectivePolicy(toBinary(EffectivePolicySchema, message));
    return decoded.ok ? [] : decoded.faults;
  };

  test("a good one is taken", () => {
    expect(faultsOf({})).toEqual([]);
  });

  test.each([
    ["no mesh", { mesh: "" }, "mesh or proxy is missing"],
    ["no mode", { mode: "" }, "unknown mode ``"],
    ["another mode", { mode: "Some" }, "unknown mode `Some`"],
    ["no source of the mode", { modeSource: { case: undefined } }, "the mode does not say where it comes from"],
    [
      "a policy that is not there",
      { modeSource: { case: "modePolicy", value: 1 } },
      "the mode does not say where it comes from",
    ],
    ["another reason not to enforce", { notEnforced: "tuesday" }, "unknown reason not to enforce: `tuesday`"],
    ["a policy twice", { policies: [...good.policies, { ...ref("p"), id: 8 }] }, "a policy is listed twice"],
    ["two policies with one id", { policies: [...good.policies, { ...ref("q"), id: 7 }] }, "two policies have one id"],
    [
      "a policy without id",
      { policies: [...good.policies, ref("q")] },
      "policy 1 lacks its mesh, name, display name or id",
    ],
    [
      "a rule of no policy",
      { rules: [{ ...rule, policy: 3 }] },
      "rule 0 is of policy 3, and there is none with this id",
    ],
    [
      "a first rule that names no policy",
      { rules: [{ ...rule, policy: 0 }] },
      "rule 0 is of policy 0, and there is none with this id",
    ],
    ["another IP family", { ipFamilyMode: "IPv5" }, "unknown IP family mode `IPv5`"],
    [
      "another revocation",
      { revocation: "drain" },
      "unknown revocation `drain`: it may be `cut`, `keep`, or `drain` with a time of 1s to 24h, such as `drain 30s` or `drain-5m`",
    ],
    ["a port that is none", { redirectPortOutbound: 70_000 }, "70000 is no port"],
  ])("%s", (_, changes, fault) => {
    expect(faultsOf(changes)).toEqual([fault]);
  });

  test.each([
    ["type", { type: "Host" }],
    ["value", { value: "*.a b" }],
    ["value", { type: "CIDR", value: "10.0.0.0/33" }],
    ["port", { port: 70_000 }],
    ["protocol", { protocol: "quic" }],
    ["protocol-of-name", { protocol: "tcp" }],
  ])("a rule with another %s", (reason, changes) => {
    const [fault, ...others] = faultsOf({ rules: [rule, { ...rule, ...changes }] });
    expect(others).toEqual([]);
    expect(fault).toMatch(new RegExp(`^rule 1 \\(of \`p\`\\): ${reason} of `));
  });

  test("all faults are named", () => {
    expect(faultsOf({ mode: "x", rules: [{ ...rule, type: "y" }], mesh: "" })).toHaveLength(3);
  });

  test("bytes that are no message", () => {
    const decoded = decodeEffectivePolicy(Uint8Array.of(0xff, 0xff));
    expect(decoded).toEqual({ ok: false, faults: ["the bytes are no EffectivePolicy"] });
  });
});
