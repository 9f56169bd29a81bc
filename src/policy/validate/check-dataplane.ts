/** A Dataplane as Kuma 2.9 checks it, beyond the fields that `text` reads into the model. */
import { type Path, quote } from "../diagnostics/index.ts";
import { parseDomainName, parseIp } from "../net/index.ts";
import { type Draft, isList, isMap, type Report, type Value } from "../text/index.ts";
import { checkExtras } from "./check-dataplane-extras.ts";
import { checkTags } from "./check-tags.ts";
import { child, numberAt, textAt } from "./written.ts";

const SERVICE = "kuma.io/service";
const PROTOCOL = "kuma.io/protocol";
const PROTOCOLS: readonly string[] = ["grpc", "http", "http2", "kafka", "tcp"];

export function checkDataplane(report: Report, draft: Draft): void {
  const spec = child(draft.root, ...draft.spec);
  const networking = child(spec, "networking");
  if (!isMap(networking)) return;
  const path: Path = [...draft.spec, "networking"];
  checkAddress(report, networking, [...path, "address"]);
  checkAddress(report, networking, [...path, "advertisedAddress"]);
  checkShape(report, spec, draft.spec, networking);
  for (const [i, inbound] of mapsAt(networking, "inbound"))
    checkInbound(report, inbound, [...path, "inbound", i], textAt(networking, "address"));
  for (const [i, outbound] of mapsAt(networking, "outbound")) checkOutbound(report, outbound, [...path, "outbound", i]);
  const gateway = child(networking, "gateway");
  if (isMap(gateway)) {
    const tags = [...path, "gateway", "tags"];
    checkServiceTag(report, child(gateway, "tags"), tags, tags);
  }
  checkExtras(report, spec, draft.spec, networking);
}

function checkShape(report: Report, spec: Value | undefined, at: Path, networking: Value): void {
  const path = [...at, "networking"];
  const gateway = child(networking, "gateway");
  const inbound = child(networking, "inbound");
  const hasInbound = inbound !== undefined && !(isList(inbound) && inbound.length === 0);
  if (!isMap(gateway)) {
    if (!hasInbound && gateway === undefined)
      report.add({
        code: "E120-no-inbound",
        path,
        message: "a proxy needs an inbound, or a gateway",
        help: "write `inbound` with the ports of the workload",
        at: "key",
      });
    return;
  }
  const builtin = child(gateway, "type") === "BUILTIN";
  const gatewayField = (field: string, where: Path) =>
    report.add({
      code: "E121-gateway-fields",
      path: where,
      message: `a ${builtin ? "builtin" : "delegated"} gateway has no \`${field}\``,
      help: "leave the field out",
      at: "key",
    });
  if (hasInbound) gatewayField("inbound", [...path, "inbound"]);
  if (builtin && child(spec, "probes") !== undefined) gatewayField("probes", [...at, "probes"]);
}

/** The last step of `path` names the field. */
function checkAddress(report: Report, networking: Value, path: Path): void {
  const address = child(networking, String(path.at(-1)));
  if (typeof address !== "string") return;
  const ip = parseIp(address);
  const refuse = (message: string, help: string) => report.add({ code: "E110-bad-address", path, message, help });
  if (ip.ok && ip.value.bits === 0n)
    refuse(`${quote(address)} stands for every address`, "write the address on which the proxy is reached");
  else if (!ip.ok && !parseDomainName(address).ok)
    refuse(
      address === "" ? "the address is empty" : `${quote(address)} is neither an IP address nor a domain name`,
      "write the address on which the proxy is reached",
    );
}

function checkInbound(report: Report, inbound: Value, path: Path, proxyAddress: string | undefined): void {
  checkIp(report, inbound, path, "address", "E110-bad-address");
  checkIp(report, inbound, path, "serviceAddress", "E122-service-address");
  checkPort(report, inbound, path, "servicePort", 0);
  const service = textAt(inbound, "serviceAddress");
  const own = textAt(inbound, "address") ?? proxyAddress;
  const port = numberAt(inbound, "port");
  if (service !== undefined && service === own && (numberAt(inbound, "servicePort") || port) === port)
    report.add({
      code: "E122-service-address",
      path: [...path, "serviceAddress"],
      message: "the service has the same address and port as its inbound: traffic would go in circles",
      help: "write another `servicePort`, or leave `serviceAddress` out",
    });
  checkProbe(report, child(inbound, "serviceProbe"), [...path, "serviceProbe"]);
  const tags = [...path, "tags"];
  const protocol = child(inbound, "tags", PROTOCOL);
  if (typeof protocol === "string" && protocol !== "" && !PROTOCOLS.includes(protocol))
    report.add({
      code: "E113-bad-tag",
      path: [...tags, PROTOCOL],
      message: `${quote(protocol)} is not a protocol`,
      help: `one of ${PROTOCOLS.map((p) => `\`${p}\``).join(", ")}`,
    });
  checkServiceTag(report, child(inbound, "tags"), tags, [...tags, SERVICE]);
}

function checkOutbound(report: Report, outbound: Value, path: Path): void {
  checkPort(report, outbound, path, "port", 1);
  checkIp(report, outbound, path, "address", "E110-bad-address");
  const ref = child(outbound, "backendRef");
  if (isMap(ref)) checkBackendRef(report, ref, [...path, "backendRef"]);
  else if (ref === undefined && textAt(outbound, "service") === undefined)
    checkServiceTag(report, child(outbound, "tags"), [...path, "tags"], [...path, "tags"]);
}

const BACKENDS: readonly unknown[] = ["MeshExternalService", "MeshMultiZoneService", "MeshService"];

function checkBackendRef(report: Report, ref: Value, path: Path): void {
  const refuse = (field: readonly string[], message: string, help?: string) =>
    report.add({ code: "E125-backend-ref", path: [...path, ...field], message, help });
  const kind = child(ref, "kind");
  if (!BACKENDS.includes(kind))
    refuse(["kind"], "a backend is a `MeshService`, `MeshExternalService` or `MeshMultiZoneService`");
  const labels = child(ref, "labels");
  if (textAt(ref, "name") === undefined && !(isMap(labels) && labels.size > 0))
    refuse([], "a backend needs a name or labels", "write `name` or `labels`");
  const port = child(ref, "port");
  if ((kind !== "MeshExternalService" || port !== undefined) && !isPort(port, 1))
    refuse(["port"], "the port of a backend is a whole number from 1 to 65535");
}

function checkServiceTag(report: Report, tags: Value | undefined, path: Path, missingAt: Path): void {
  if (isMap(tags)) checkTags(report, tags, path);
  if (tags !== undefined && !isMap(tags)) return;
  if (child(tags, SERVICE) !== undefined) return;
  report.add({
    code: "E102-missing-field",
    path: missingAt,
    message: `the tag \`${SERVICE}\` is missing`,
    help: `write \`${SERVICE}\` with the name of the service`,
  });
}

function checkProbe(report: Report, probe: Value | undefined, path: Path): void {
  if (!isMap(probe)) return;
  for (const field of ["interval", "timeout"]) {
    const value = probe.get(field);
    if (
      value === undefined ||
      (typeof value === "string" && /^\d+(?:\.\d+)?s$/.test(value) && Number.parseFloat(value) > 0)
    )
      continue;
    report.add({
      code: "E123-service-probe",
      path: [...path, field],
      message: `\`${field}\` is not a time above zero`,
      help: "write seconds, such as `10s`",
    });
  }
  for (const field of ["unhealthyThreshold", "healthyThreshold"]) {
    const value = probe.get(field);
    if (value === undefined || (typeof value === "number" && Number.isInteger(value) && value > 0)) continue;
    report.add({
      code: "E123-service-probe",
      path: [...path, field],
      message: `\`${field}\` is not a whole number above zero`,
    });
  }
}

function checkIp(
  report: Report,
  at: Value,
  path: Path,
  field: string,
  code: "E110-bad-address" | "E122-service-address",
): void {
  const text = textAt(at, field);
  if (text === undefined) return;
  if (!parseIp(text).ok)
    report.add({
      code,
      path: [...path, field],
      message: `${quote(text)} is not an IP address`,
      help: "write an IPv4 or IPv6 address",
    });
}

/** A port that the model does not hold. 0 is "not set" where `lowest` is 0. */
function checkPort(report: Report, at: Value, path: Path, field: string, lowest: 0 | 1): void {
  const value = child(at, field);
  if ((value === undefined && lowest === 0) || isPort(value, lowest)) return;
  report.add({
    code: "E101-port-out-of-range",
    path: [...path, field],
    message: `\`${field}\` is not a port: write a whole number from ${lowest} to 65535`,
  });
}

const isPort = (value: Value | undefined, lowest: number): boolean =>
  typeof value === "number" && Number.isInteger(value) && value >= lowest && value <= 65_535;

/** What is no map in a list of maps has been reported as that. */
function mapsAt(value: Value, field: string): [index: number, item: Value][] {
  const found = child(value, field);
  return isList(found) ? [...found.entries()].filter(([, item]) => isMap(item)) : [];
}
