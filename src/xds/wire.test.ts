import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DiscoveryRequestSchema, DiscoveryResponseSchema } from "../gen/envoy/service/discovery/v3/discovery_pb.js";
import { encodeResource } from "./resource.ts";
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from "./wire.ts";

const text = fc.string({ unit: "grapheme", maxLength: 8 });
const request = fc.record(
  {
    type: text,
    version: text,
    nonce: text,
    names: fc.array(text, { maxLength: 3 }),
    node: fc.record({ id: text, cluster: text }),
    error: text,
  },
  { requiredKeys: ["type", "version", "nonce", "names"] },
);
const resource = fc.record({ type: text, value: fc.uint8Array({ maxLength: 40 }) });

test("law: a request is read as the generated types read it, and the other way round", () => {
  fc.assert(
    fc.property(request, (of) => {
      const theirs = fromBinary(DiscoveryRequestSchema, encodeRequest(of));
      expect(theirs.versionInfo).toBe(of.version);
      expect(theirs.resourceNames).toEqual(of.names);
      expect(theirs.responseNonce).toBe(of.nonce);
      expect(theirs.errorDetail?.message).toBe(of.error);
      expect(theirs.node?.id).toBe(of.node?.id);
      const written = create(DiscoveryRequestSchema, {
        versionInfo: of.version,
        typeUrl: of.type,
        responseNonce: of.nonce,
        resourceNames: of.names,
        ...(of.error === undefined ? {} : { errorDetail: { code: 13, message: of.error } }),
        ...(of.node === undefined
          ? {}
          : { node: { ...of.node, userAgentName: "envoy", extensions: [{ name: "x", category: "y" }] } }),
      });
      expect(decodeRequest(toBinary(DiscoveryRequestSchema, written))).toEqual(of);
    }),
  );
});

test("law: a response is read as the generated types read it, and the other way round", () => {
  fc.assert(
    fc.property(text, text, text, fc.array(resource, { maxLength: 3 }), (type, version, nonce, resources) => {
      const encoded = resources.map((r) => encodeResource(r.type, "name", r.value));
      const bytes = encodeResponse({ type, version, nonce, resources: encoded });
      const theirs = fromBinary(DiscoveryResponseSchema, bytes);
      expect(theirs.resources.map(({ typeUrl, value }) => ({ type: typeUrl, value }))).toEqual(resources);
      expect([theirs.typeUrl, theirs.versionInfo, theirs.nonce]).toEqual([type, version, nonce]);
      const written = toBinary(DiscoveryResponseSchema, theirs);
      expect(decodeResponse(written)).toEqual({ type, version, nonce, resources });
    }),
  );
});

test("bytes that are no message are refused by an error, never read as one", () => {
  expect(() => decodeRequest(new Uint8Array([0x0a, 0x7f, 1]))).toThrow();
  expect(() => decodeResponse(new Uint8Array([0x12, 0x03, 0x0a, 0x7f, 1]))).toThrow();
});
