import { expect, test } from "vitest";
import { REVOCATION_FORMS } from "../model/index.ts";
import { parseResources } from "../text/index.ts";
import { checkDraft } from "./index.ts";

/** What validate finds: the code, and the text that it points at. */
const found = (text: string): string[] => {
  const lines = text.split("\n");
  return parseResources("f", text)
    .drafts.flatMap((draft) => checkDraft(draft))
    .map(({ code, span }) => {
      const line = lines[(span?.start.line ?? 0) - 1] ?? "";
      return `${code} ${line.slice((span?.start.column ?? 0) - 1, (span?.end.column ?? 0) - 1)}`;
    });
};

const WEB = "port: 80, tags: {kuma.io/service: web}";
const mesh = (fields: string): string => `type: Mesh\nname: m\n${fields}\n`;
const policy = (spec: string): string => `type: MeshPassthrough\nname: p\nmesh: m\nspec: {${spec}}\n`;
const rules = (...list: string[]): string => policy(`default: {passthroughMode: Matched, appendMatch: [${list}]}`);
const networking = (fields: string, rest = ""): string =>
  `type: Dataplane\nname: d\nmesh: m\nnetworking: {${fields}}\n${rest}`;
const inbound = (fields: string): string => networking(`address: 10.0.0.1, inbound: [{${WEB}, ${fields}}]`);
const outbound = (fields: string): string =>
  networking(`address: 10.0.0.1, inbound: [{${WEB}}], outbound: [${fields}]`);
const beside = (rest: string): string => networking(`address: 10.0.0.1, inbound: [{${WEB}}]`, rest);

test.each<[text: string, expected: string[]]>([
  [mesh("labels: {a b: c}"), ["E114-bad-label a b"]],
  [mesh("labels: {a: b c}"), ["E114-bad-label b c"]],
  [mesh("labels: {a.b-c/d: e}"), []],
  [policy("targetRef: {kind: MeshSubset, tags: {a b: c}}"), ["E113-bad-tag a b"]],
  [policy("targetRef: {kind: MeshSubset, tags: {a: b c}}"), ["E113-bad-tag b c"]],
  [policy("default: {appendMatch: [{type: IP, value: 10.0.0.1, protocol: tls}]}"), ["W303-unused-list appendMatch"]],
  [rules("{type: Domain, value: a.b, protocol: tcp}"), ["E201-tcp-domain tcp"]],
  [networking("address: 10.0.0.1"), ["E120-no-inbound networking"]],
  [
    networking(`address: 10.0.0.1, gateway: {tags: {kuma.io/service: g}}, inbound: [{${WEB}}]`),
    ["E121-gateway-fields inbound"],
  ],
  [inbound("address: x"), ["E110-bad-address x"]],
  [inbound("serviceAddress: y"), ["E122-service-address y"]],
  [inbound("serviceAddress: 10.0.0.1, servicePort: 80"), ["E122-service-address 10.0.0.1"]],
  [inbound("serviceAddress: 10.0.0.1, servicePort: 65535"), []],
  [inbound("serviceProbe: {interval: 0s, unhealthyThreshold: 0}"), ["E123-service-probe 0s", "E123-service-probe 0"]],
  [inbound("serviceProbe: {interval: 1.25s, healthyThreshold: 1}"), []],
  ...["x10s", "10sx", "10", "[10s]"].map((time): [string, string[]] => [
    inbound(`serviceProbe: {timeout: ${time}}`),
    [`E123-service-probe ${time}`],
  ]),
  [outbound("{port: 1, tags: {kuma.io/service: a b}}"), ["E113-bad-tag a b"]],
  [outbound("{port: 65535, service: a}"), []],
  ...["1.5", "'80'", "0", "65536"].map((port): [string, string[]] => [
    outbound(`{service: a, port: ${port}}`),
    [`E101-port-out-of-range ${port}`],
  ]),
  [outbound("{port: 1, backendRef: {kind: X, name: a, port: 1}}"), ["E125-backend-ref X"]],
  [
    networking(`address: 127.0.0.1, inbound: [{port: 81, tags: {kuma.io/service: a}}, {${WEB}}], admin: {port: 80}`),
    ["E126-admin-port 80"],
  ],
  [
    networking(`address: 10.0.0.1, inbound: [{${WEB}}], outbound: [{port: 9901, service: a}], admin: {port: 9901}`),
    ["E126-admin-port 9901"],
  ],
  [beside("metrics: {type: statsd}"), ["E124-metrics statsd"]],
  [beside("metrics: {type: prometheus, conf: {aggregate: [{name: a}, {name: 'a'}]}}"), ["E124-metrics 'a'"]],
  [
    beside("probes: {port: 0, endpoints: [{inboundPort: 1, inboundPath: a, path: /}]}"),
    ["E101-port-out-of-range 0", "E127-url-path a"],
  ],
])("%j", (text, expected) => {
  expect(found(text)).toEqual(expected);
});

test("a Kubernetes Dataplane has its address below `spec`", () => {
  const object = (address: string): string =>
    `apiVersion: kuma.io/v1alpha1\nkind: Dataplane\nmetadata: {name: d, namespace: n}\nmesh: m\nspec: {networking: {address: ${address}, inbound: [{${WEB}}]}}\n`;
  expect(found(object("10.0.0.1"))).toEqual([]);
  expect(found(object("'::'"))).toEqual(["E110-bad-address '::'"]);
});

test("the namespace in a label of a Universal policy", () => {
  const labels = "labels: {k8s.kuma.io/namespace: a.b}\n";
  expect(found(`${policy("")}${labels}`)).toEqual(["E112-bad-name a.b"]);
  expect(found(mesh(labels))).toEqual([]);
});

/** What a resource has of a wrong type, or has and should not, `text` reports; what cannot be read is not judged. */
test.each([
  "type: Mesh\nname: 5\n",
  "type: Mesh\nname: {a: b}\n",
  mesh("mesh: My"),
  mesh("labels: {a: 5}"),
  mesh("labels: {sallyport.io/revocation: x}"),
  "apiVersion: kuma.io/v1alpha1\nkind: MeshPassthrough\nmetadata: {name: p, namespace: n}\nmesh: My\nspec: {}\n",
  policy("targetRef: {kind: MeshSubset, tags: {a: {b: c}}}"),
  rules("{type: Domain, protocol: http}"),
  rules("{type: IP, value: 10.0.0.1, port: 0, protocol: http}", "{type: IP, value: 10.0.0.2, port: 0, protocol: grpc}"),
  rules("{type: IP, value: 10.0.0.1, port: 1, protocol: udp}", "{type: IP, value: 10.0.0.1, port: 1, protocol: udp}"),
  rules("{type: IP, value: 10.0.0.1, port: 0, protocol: tls}", "{type: IP, value: 10.0.0.1, port: 0, protocol: tls}"),
  rules("{type: IP, value: 10.0.0.1, port: 1, protocol: tcp}", "{type: IP, value: 10.0.0.2, port: 1, protocol: udp}"),
  rules("{type: IP, value: 10.0.0.1, port: 0, protocol: tcp}"),
  networking("address: 10.0.0.1, gateway: x"),
  networking(`address: 10.0.0.1, inbound: [x, {${WEB}}]`),
  networking("address: 10.0.0.1, inbound: [{port: 80, tags: 5}]"),
  networking("address: 10.0.0.1, inbound: [{address: 127.0.0.1, tags: {kuma.io/service: a}}]"),
  networking("address: 127.0.0.1, inbound: [{port: 0, tags: {kuma.io/service: a}}], admin: {port: 0}"),
  networking("address: 127.0.0.1, inbound: [{port: '80', tags: {kuma.io/service: a}}], admin: {port: '80'}"),
  inbound("serviceProbe: {}"),
  outbound("{port: 1, backendRef: x}"),
  beside("probes: {port: 9000, endpoints: [x]}"),
])("not judged: %j", (text) => {
  expect(found(text)).toEqual([]);
});

test.each(["service: ''", "service: 5"])("an outbound with `%s` names no service", (service) => {
  expect(found(outbound(`{port: 1, ${service}}`))).toEqual([expect.stringContaining("E102-missing-field")]);
});

test("an outbound without a port", () => {
  expect(found(outbound("{service: a}"))).toEqual([expect.stringContaining("E101-port-out-of-range")]);
});

test.each(["labels", "annotations"])("what becomes of open connections, in the %s of a Kubernetes policy", (field) => {
  const text = `apiVersion: kuma.io/v1alpha1\nkind: MeshPassthrough\nmetadata: {name: p, namespace: n, ${field}: {sallyport.io/revocation: x}}\nspec: {}\n`;
  const [finding, ...others] = parseResources("f", text).drafts.flatMap((draft) => checkDraft(draft));
  expect(others).toEqual([]);
  expect(finding).toMatchObject({
    code: "E128-bad-revocation",
    path: ["metadata", field, "sallyport.io/revocation"],
    message: "`x` does not say what becomes of open connections that a change forbids",
    help: `write ${REVOCATION_FORMS}`,
  });
});
