#!/usr/bin/env node
/**
 * Descriptors and generated code.
 *
 *   node scripts/generate-proto.mjs                       src/gen from proto/envoy.binpb and proto/sallyport
 *   node scripts/generate-proto.mjs --descriptors FOLDER  first make proto/envoy.binpb again from the unpacked wheel
 *                                                         `xds_protos` (pip download xds-protos==1.85.0 --no-deps)
 *
 * Nothing here reaches the network: buf compiles a local folder and runs a local plugin on a local image.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { create, fromBinary, isFieldSet, toBinary } from "@bufbuild/protobuf";
import * as wkt from "@bufbuild/protobuf/wkt";
import { prune, sizeOf, wordsOf } from "./prune-proto.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const vendored = join(root, "proto/envoy.binpb");

/** What the product builds, reads or prints; everything these import comes along. */
const ROOTS = `
envoy/config/accesslog/v3/accesslog
envoy/config/bootstrap/v3/bootstrap
envoy/config/cluster/v3/cluster
envoy/config/core/v3/address
envoy/config/core/v3/config_source
envoy/config/core/v3/socket_option
envoy/config/endpoint/v3/endpoint
envoy/config/listener/v3/listener
envoy/config/overload/v3/overload
envoy/config/rbac/v3/rbac
envoy/config/route/v3/route
envoy/data/accesslog/v3/accesslog
envoy/extensions/access_loggers/file/v3/file
envoy/extensions/access_loggers/filters/cel/v3/cel
envoy/extensions/access_loggers/stream/v3/stream
envoy/extensions/filters/http/header_mutation/v3/header_mutation
envoy/extensions/filters/http/rbac/v3/rbac
envoy/extensions/filters/http/router/v3/router
envoy/extensions/filters/listener/http_inspector/v3/http_inspector
envoy/extensions/filters/listener/original_dst/v3/original_dst
envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector
envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager
envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy
envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation
envoy/extensions/http/header_formatters/preserve_case/v3/preserve_case
envoy/extensions/matching/common_inputs/network/v3/network_inputs
envoy/extensions/matching/input_matchers/consistent_hashing/v3/consistent_hashing
envoy/extensions/matching/input_matchers/ip/v3/ip
envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections
envoy/extensions/resource_monitors/fixed_heap/v3/fixed_heap
envoy/extensions/upstreams/http/v3/http_protocol_options
envoy/service/cluster/v3/cds
envoy/service/discovery/v3/ads
envoy/service/discovery/v3/discovery
envoy/service/listener/v3/lds
envoy/service/route/v3/rds
envoy/type/matcher/v3/http_inputs
xds/type/matcher/v3/domain
xds/type/matcher/v3/matcher
`
  .trim()
  .split("\n")
  .map((path) => `${path}.proto`);

/** Files that hold nothing but options for validation and documentation. Their options are stripped, so they go too. */
const isAnnotation = (path) =>
  /^(?:validate\/|udpa\/annotations\/|envoy\/annotations\/|xds\/annotations\/|google\/api\/(?:annotations|http)\.)/.test(
    path,
  );

/** The bytes that a Python module of the wheel hands to protobuf's AddSerializedFile, read without running it. */
function serializedFile(python) {
  const start = python.indexOf("AddSerializedFile(b'");
  if (start < 0) throw new Error("no serialized descriptor in this module");
  const text = python.slice(start + "AddSerializedFile(b'".length, python.indexOf("')\n", start));
  const ESCAPES = { n: 10, t: 9, r: 13, "\\": 92, "'": 39, '"': 34, a: 7, b: 8, f: 12, v: 11 };
  const bytes = [];
  for (const [, hex, octal, named, plain] of text.matchAll(/\\x([0-9a-f]{2})|\\([0-7]{1,3})|\\(.)|([^\\])/gs)) {
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (named !== undefined) bytes.push(ESCAPES[named] ?? fail(`unknown escape \\${named}`));
    else bytes.push(plain.charCodeAt(0));
  }
  return Uint8Array.from(bytes);
}

function fail(message) {
  throw new Error(message);
}

/** Keep what changes how bytes or JSON are read; drop comments, validation and language options. */
function strip(file) {
  const field = (f) => {
    const given = f.options !== undefined && isFieldSet(f.options, wkt.FieldOptionsSchema.field.packed);
    f.options = given ? create(wkt.FieldOptionsSchema, { packed: f.options.packed }) : undefined;
  };
  const enumeration = (e) => {
    e.options = e.options?.allowAlias ? create(wkt.EnumOptionsSchema, { allowAlias: true }) : undefined;
    for (const v of e.value) v.options = undefined;
  };
  const message = (m) => {
    m.options = m.options?.mapEntry ? create(wkt.MessageOptionsSchema, { mapEntry: true }) : undefined;
    m.field.forEach(field);
    for (const o of m.oneofDecl) o.options = undefined;
    m.enumType.forEach(enumeration);
    m.nestedType.forEach(message);
    m.extension = [];
  };
  file.sourceCodeInfo = undefined;
  file.options = undefined;
  file.extension = [];
  file.messageType.forEach(message);
  file.enumType.forEach(enumeration);
  for (const s of file.service) {
    s.options = undefined;
    for (const method of s.method) method.options = undefined;
  }
  const kept = file.dependency.filter((path) => !isAnnotation(path));
  const place = (i) => kept.indexOf(file.dependency[i]);
  file.publicDependency = file.publicDependency.map(place).filter((i) => i >= 0);
  file.weakDependency = [];
  file.dependency = kept;
  return file;
}

/** Every well-known file, as the runtime itself knows it. */
const wellKnown = new Map(
  Object.values(wkt)
    .filter((v) => v !== null && typeof v === "object" && v.kind === "file")
    .map((desc) => [`${desc.name}.proto`, desc.proto]),
);

function rebuildDescriptors(folder) {
  const done = new Map();
  const visit = (path) => {
    if (done.has(path) || isAnnotation(path)) return;
    done.set(path, undefined);
    const file = wellKnown.get(path) ?? fromBinary(wkt.FileDescriptorProtoSchema, read(folder, path));
    const cut = strip(structuredCopy(file));
    cut.dependency.forEach(visit);
    done.delete(path); // set again, so that the map lists a file after what it imports
    done.set(path, cut);
  };
  [...ROOTS].sort().forEach(visit);
  const set = create(wkt.FileDescriptorSetSchema, { file: [...done.values()] });
  writeFileSync(vendored, toBinary(wkt.FileDescriptorSetSchema, set));
  console.log(`proto/envoy.binpb: ${set.file.length} files`);
}

const structuredCopy = (file) =>
  fromBinary(wkt.FileDescriptorProtoSchema, toBinary(wkt.FileDescriptorProtoSchema, file));

const read = (folder, path) =>
  serializedFile(readFileSync(join(folder, path.replace(/\.proto$/, "_pb2.py")), "latin1"));

function generate() {
  const bin = (name) => join(root, "node_modules/.bin", name);
  const scratch = mkdtempSync(join(tmpdir(), "sallyport-proto-"));
  try {
    const own = join(scratch, "own.binpb");
    const image = join(scratch, "image.binpb");
    const template = join(scratch, "buf.gen.json");
    execFileSync(bin("buf"), ["build", join(root, "proto"), "-o", own], { stdio: "inherit" });
    const files = [readFileSync(vendored), readFileSync(own)].flatMap(
      (bytes) => fromBinary(wkt.FileDescriptorSetSchema, bytes).file,
    );
    const whole = sizeOf(files);
    const used = prune(files, wordsOf(["src", "test", "bench"].map((folder) => join(root, folder))));
    writeFileSync(image, toBinary(wkt.FileDescriptorSetSchema, create(wkt.FileDescriptorSetSchema, { file: used })));
    const plugin = {
      local: bin("protoc-gen-es"),
      out: join(root, "src/gen"),
      opt: ["target=js+dts", "import_extension=js"],
    };
    writeFileSync(template, JSON.stringify({ version: "v2", plugins: [plugin] }));
    rmSync(join(root, "src/gen"), { recursive: true, force: true });
    execFileSync(bin("buf"), ["generate", image, "--template", template], { stdio: "inherit" });
    rmSync(join(root, "src/gen/google/protobuf"), { recursive: true, force: true }); // the runtime has these
    console.log(`src/gen: ${used.length} files, ${sizeOf(used)} of ${whole} bytes of descriptors`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const [flag, folder] = process.argv.slice(2);
if (flag === "--descriptors" && folder !== undefined) rebuildDescriptors(folder);
else if (flag !== undefined) fail("usage: generate-proto.mjs [--descriptors FOLDER]");
if (!existsSync(vendored)) fail("proto/envoy.binpb is missing: make it with --descriptors FOLDER");
generate();
