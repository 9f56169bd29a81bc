import type { Path } from "../diagnostics/index.ts";
import {
  type Dataplane,
  type Gateway,
  INBOUND_STATES,
  type Inbound,
  IP_FAMILY_MODES,
  type Mesh,
  type TransparentProxying,
} from "../model/index.ts";
import {
  at,
  booleanField,
  mapField,
  missing,
  numberField,
  type Section,
  sectionsField,
  stringField,
  stringsField,
  wordField,
} from "./fields.ts";
import type { Report } from "./report.ts";

/** Reads `networking` of a Mesh; other fields of a Mesh mean nothing here. */
export function readMesh(report: Report, spec: Section | undefined): Omit<Mesh, "type" | "meta"> {
  const networking = spec === undefined ? undefined : mapField(report, spec, "networking");
  const outbound = networking === undefined ? undefined : mapField(report, networking, "outbound");
  const passthrough = outbound === undefined ? undefined : booleanField(report, outbound, "passthrough");
  return passthrough === undefined ? {} : { passthrough };
}

/** Reads the parts of a Dataplane that matter to the policy. Undefined without `networking`, which is reported. */
export function readDataplane(report: Report, spec: Section): Omit<Dataplane, "type" | "meta"> | undefined {
  const networking = spec.map.has("networking")
    ? mapField(report, spec, "networking")
    : missing(report, spec, "networking");
  if (networking === undefined) return undefined;
  const address = networking.map.has("address")
    ? stringField(report, networking, "address")
    : missing(report, networking, "address", "write the address on which the proxy is reached");
  const inbound: Inbound[] = [];
  for (const [, section] of sectionsField(report, networking, "inbound")) {
    const read = readInbound(report, section);
    if (read !== undefined) inbound.push(read);
  }
  const gateway = readGateway(report, networking);
  const transparentProxying = readTransparentProxying(report, networking);
  return {
    address: address ?? "",
    inbound,
    ...(gateway === undefined ? {} : { gateway }),
    ...(transparentProxying === undefined ? {} : { transparentProxying }),
  };
}

function readInbound(report: Report, section: Section): Inbound | undefined {
  const port = section.map.has("port") ? portIn(report, section, "port", 1) : missing(report, section, "port");
  const address = stringField(report, section, "address");
  const state = wordField(report, section, "state", INBOUND_STATES);
  const tags = stringsField(report, section, "tags");
  if (port === undefined) return undefined;
  return { port, ...(address === undefined ? {} : { address }), tags, ...(state === undefined ? {} : { state }) };
}

function readGateway(report: Report, networking: Section): Gateway | undefined {
  const section = mapField(report, networking, "gateway");
  if (section === undefined) return undefined;
  const type = wordField(report, section, "type", ["DELEGATED", "BUILTIN"] as const) ?? "DELEGATED";
  return { type, tags: stringsField(report, section, "tags") };
}

function readTransparentProxying(report: Report, networking: Section): TransparentProxying | undefined {
  const section = mapField(report, networking, "transparentProxying");
  if (section === undefined) return undefined;
  return {
    redirectPortOutbound: portIn(report, section, "redirectPortOutbound", 0) ?? 0,
    redirectPortInbound: portIn(report, section, "redirectPortInbound", 0) ?? 0,
    ipFamilyMode: wordField(report, section, "ipFamilyMode", IP_FAMILY_MODES) ?? "UnSpecified",
  };
}

/** A port of a proxy; `lowest` is 1, or 0 where that means "off". */
function portIn(report: Report, section: Section, field: string, lowest: 0 | 1): number | undefined {
  const number = numberField(report, section, field);
  return number === undefined ? undefined : portNumber(report, at(section, field), number, lowest);
}

/** The number if it is a port. */
export function portNumber(report: Report, path: Path, number: number, lowest: 0 | 1): number | undefined {
  if (Number.isInteger(number) && number >= lowest && number <= 65_535) return number;
  report.add({
    code: "E101-port-out-of-range",
    path,
    message: `\`${number}\` is not a port: write a whole number from ${lowest} to 65535`,
  });
  return undefined;
}
