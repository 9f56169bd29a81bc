/** A policy of 10,000 rules all the way: file, control plane, agent, Envoy and the kernel's sets, real connections. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { mixedResources } from "../../bench/rule-mix.ts";
import { check } from "../../src/policy/check/index.ts";
import { decide } from "../../src/policy/decide/index.ts";
import { addressed, parseConnection } from "../../src/policy/model/index.ts";
import { probeFor } from "../../src/testbed/index.ts";
import { type Product, startProduct } from "../engines/product.ts";
import { describeReal, envoys } from "../engines/requirements.ts";

const RULES = 10_000;
const CONNECTIONS = [
  "tls://host-0.example-0.com@203.0.113.1",
  "tls://host-9994.example-3.com@203.0.113.2",
  "tls://a.w-9995.example.net@203.0.113.3",
  "tls://w-9995.example.net@203.0.113.4",
  "tls://host-10000.example-9.com@203.0.113.5",
  "http://api-6.svc-6.example.org@203.0.113.6",
  "http://api-9997.svc-29.example.org@203.0.113.7",
  "http://api-9998.svc-30.example.org@203.0.113.8",
  "opaque://10.0.0.1:5432",
  "opaque://10.3.231.255:5432",
  "opaque://10.3.232.0:5432",
  "opaque://198.18.3.231:9004",
  "opaque://198.18.3.231:9003",
  "opaque://198.18.3.232:9000",
];

const [envoy] = envoys;

describeReal(`${RULES} rules`, envoy?.missing ?? (envoy === undefined ? "no Envoy" : undefined), () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ envoy: envoy?.binary ?? "" });
  }, 60_000);
  afterAll(() => product?.close());

  test("first and last rule of each kind, and their neighbours, as decide says", { timeout: 120_000 }, async () => {
    const resources = mixedResources(RULES);
    const { proxies, diagnostics } = check([{ file: "mix.yaml", text: resources }]);
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    const [proxy] = proxies;
    if (proxy === undefined) throw new Error("impossible: the text has a Dataplane");
    expect(proxy.effective.rules).toHaveLength(RULES);
    await product.enforce(resources, proxy.dataplane);
    const { destinations, prober } = product.testbed;
    await destinations.listen([80, 443, 5432, 9000, 9003, 9004]);
    const connections = CONNECTIONS.map((text) => {
      const parsed = parseConnection(text);
      if (!parsed.ok) throw new Error(`${text}: ${parsed.help}`);
      const known = addressed(parsed.value);
      if (known === undefined) throw new Error(`${text} has no address`);
      return { text, probe: probeFor(parsed.value), verdict: decide(proxy.effective, known).kind };
    });
    await destinations.reset();
    const observed = await prober.probeAll(connections.map(({ probe }) => probe));
    const seen = connections.map(({ text }, i) => [text, observed[i]?.answer === "pass" ? "allow" : "deny"]);
    expect(seen).toEqual(connections.map(({ text, verdict }) => [text, verdict]));
    const reached = new Set(
      (await destinations.packets()).filter((p) => p.packets > 0).map((p) => `${p.ip} ${p.port}`),
    );
    const denied = connections.filter(({ verdict }) => verdict === "deny");
    expect(denied.filter(({ probe }) => reached.has(`${probe.to.ip} ${probe.to.port}`))).toEqual([]);
    expect(denied.length).toBeGreaterThan(4);
  });
});
