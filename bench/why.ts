/** What `why` costs on 10,000 rules, edits included: a deny near many of them. Limit: 50 ms. */
import { check } from "../src/policy/check/index.ts";
import { parseQuestion, proposeEdits, type Situation, why, whyNames } from "../src/policy/why/index.ts";
import { median } from "./cli-start.ts";
import type { Measured } from "./run.ts";

const RULES = 10_000;
const LIMIT_MS = 50;
const ROUNDS = 15;

const DATAPLANE = `type: Dataplane
mesh: default
name: web-1
networking:
  address: 10.0.0.1
  inbound: [{ port: 80, tags: { kuma.io/service: web } }]
  transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound: 15001 }
`;

/** All on one port, half of them names and half of them addresses: every rule is looked at. */
function rule(n: number): string {
  const match =
    n % 2 === 0
      ? `type: Domain, value: h${n}.s${n % 97}.example.com`
      : `type: IP, value: 172.${16 + (n % 16)}.${(n >> 8) & 255}.${n & 255}`;
  return `    - { ${match}, port: 443, protocol: tls }\n`;
}

const POLICY = `type: MeshPassthrough
mesh: default
name: many
spec:
  default:
    passthroughMode: Matched
    appendMatch:
${Array.from({ length: RULES }, (_, n) => rule(n)).join("")}`;

export async function run(): Promise<readonly Measured[]> {
  const { proxies, resources } = check([
    { file: "dataplane.yaml", text: DATAPLANE },
    { file: "policy.yaml", text: POLICY },
  ]);
  const [proxy] = proxies;
  if (proxy === undefined || resources.length !== 2) throw new Error("the input is not sound");
  const { dataplane, effective, policies } = proxy;
  const situation: Situation = {
    dataplane,
    mesh: undefined,
    policies: policies.map(({ policy }) => policy),
    dataplanes: [dataplane],
    context: { systemNamespace: "kuma-system" },
  };
  return ["tls://x.s1.example.com:443@172.16.255.255", "tls://x.s1.example.com", "tls://?:443@172.16.255.255"].map(
    (text) => {
      const parsed = parseQuestion(text);
      if (!parsed.ok) throw new Error(text);
      const question = parsed.value;
      const times = Array.from({ length: ROUNDS }, () => {
        const start = performance.now();
        if (question.anyName) whyNames(effective, question);
        else why(effective, question.connection);
        proposeEdits(question, situation);
        return performance.now() - start;
      });
      const ms = median(times);
      return {
        question: `why and edits of ${text} on ${RULES} rules`,
        ours: `${ms.toFixed(1)} ms`,
        against: `${LIMIT_MS} ms promised`,
        ratio: ms / LIMIT_MS,
        limit: 1,
      };
    },
  );
}
