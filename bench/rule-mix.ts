/**
 * The rules that every figure about size is measured with: half exact TLS names, a tenth TLS wildcards, a fifth HTTP names,
 * a tenth blocks and a tenth addresses of plain TCP; all different.
 */
import type { WrittenRule } from "../src/policy/model/index.ts";

/** Rules 0 to `count` - 1. */
export const ruleMix = (count: number): WrittenRule[] => Array.from({ length: count }, (_, i) => mixedRule(i));

/** Rule `i` of any mix. */
export function mixedRule(i: number): WrittenRule {
  const tens = Math.floor(i / 10);
  const kind = i % 10;
  if (kind < 5) return { type: "Domain", value: `host-${i}.example-${i % 97}.com`, port: 443, protocol: "tls" };
  if (kind === 5) return { type: "Domain", value: `*.w-${i}.example.net`, port: 443, protocol: "tls" };
  if (kind < 8) return { type: "Domain", value: `api-${i}.svc-${i % 89}.example.org`, port: 80, protocol: "http" };
  const [high, low] = [Math.floor(tens / 256), tens % 256];
  if (kind === 8) return { type: "CIDR", value: `10.${high}.${low}.0/24`, port: 5432, protocol: "tcp" };
  return { type: "IP", value: `198.18.${high}.${low}`, port: 9000 + (tens % 5), protocol: "tcp" };
}

/** Policies that hold them, 1,000 rules each, and what they need around them, as one text. */
export function mixedResources(count: number, proxy = "web-1"): string {
  const rules = ruleMix(count);
  const resources: object[] = [
    { type: "Mesh", name: "default" },
    {
      type: "Dataplane",
      mesh: "default",
      name: proxy,
      networking: {
        address: "10.0.0.1",
        inbound: [{ port: 5000, tags: { "kuma.io/service": "web" } }],
        transparentProxying: { redirectPortInbound: 15006, redirectPortOutbound: 15001 },
      },
    },
  ];
  for (let at = 0; at < rules.length; at += 1_000)
    resources.push({
      type: "MeshPassthrough",
      mesh: "default",
      name: `mix-${at / 1_000}`,
      spec: {
        targetRef: { kind: "Mesh" },
        default: { passthroughMode: "Matched", appendMatch: rules.slice(at, at + 1_000) },
      },
    });
  return resources.map((resource) => JSON.stringify(resource)).join("\n---\n");
}
