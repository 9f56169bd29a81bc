import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from "../gen/envoy/service/discovery/v3/discovery_pb.js";
import { PartSchema } from "../gen/sallyport/v1/parts_pb.js";
import type { DeltaRequest, DeltaResponse } from "./delta.ts";
import { decodeDeltaRequest, decodeDeltaResponse, encodeDeltaRequest, encodeDeltaResponse } from "./delta-wire.ts";
import { partName, splitBody } from "./parts.ts";

const request: DeltaRequest = {
  type: "t",
  node: { id: "n", cluster: "c" },
  subscribe: ["a/b", "x"],
  unsubscribe: ["y"],
  initial: new Map([["a/b", "v1"]]),
  nonce: "7",
  error: "no",
};

test("a request is what the generated types say, both ways", () => {
  const bytes = encodeDeltaRequest(request);
  const read = fromBinary(DeltaDiscoveryRequestSchema, bytes);
  expect(read).toMatchObject({
    node: { id: "n", cluster: "c" },
    typeUrl: "t",
    resourceNamesSubscribe: ["a/b", "x"],
    resourceNamesUnsubscribe: ["y"],
    initialResourceVersions: { "a/b": "v1" },
    responseNonce: "7",
    errorDetail: { code: 3, message: "no" },
  });
  expect(decodeDeltaRequest(toBinary(DeltaDiscoveryRequestSchema, read))).toEqual(request);
});

test("a response is what the generated types say, both ways", () => {
  const content = new TextEncoder().encode("content");
  const { digest, levels, top } = splitBody(content);
  const response: DeltaResponse = {
    type: "t",
    nonce: "7",
    manifests: [{ name: "a/b", version: "v1", head: Uint8Array.of(1, 2), digest, levels, top }],
    parts: new Map([[partName(content), content]]),
    removed: ["gone"],
  };
  const read = fromBinary(DeltaDiscoveryResponseSchema, encodeDeltaResponse(response));
  expect(read).toMatchObject({ typeUrl: "t", nonce: "7", removedResources: ["gone"] });
  expect(read.resources.map(({ name, version, resource }) => [name, version, resource?.typeUrl])).toEqual([
    ["a/b", "v1", "type.googleapis.com/sallyport.v1.Manifest"],
    [top[0], "", "type.googleapis.com/sallyport.v1.Part"],
  ]);
  expect(decodeDeltaResponse(toBinary(DeltaDiscoveryResponseSchema, read))).toEqual(response);
});

test("a part is named by what it holds, whatever it is called; anything else is refused", () => {
  const content = new TextEncoder().encode("content");
  const resource = anyPack(PartSchema, create(PartSchema, { content }));
  const bytes = (typeUrl: string) =>
    toBinary(
      DeltaDiscoveryResponseSchema,
      create(DeltaDiscoveryResponseSchema, { resources: [{ name: "wrong", resource: { ...resource, typeUrl } }] }),
    );
  expect([...decodeDeltaResponse(bytes(resource.typeUrl)).parts]).toEqual([[partName(content), content]]);
  expect(() => decodeDeltaResponse(bytes("type.googleapis.com/other"))).toThrow("neither a manifest nor a part");
});
