import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { type Any, anyPack } from "@bufbuild/protobuf/wkt";
import { type TypedExtensionConfig, TypedExtensionConfigSchema } from "../../gen/envoy/config/core/v3/extension_pb.js";
import {
  type TypedExtensionConfig as MatcherExtension,
  TypedExtensionConfigSchema as MatcherExtensionSchema,
} from "../../gen/xds/core/v3/extension_pb.js";

/** A message inside an Any. Its bytes are stable: fields go in order of number, maps in order of insertion. */
export function any<D extends DescMessage>(schema: D, init: MessageInitShape<D>): Any {
  return anyPack(schema, create(schema, init));
}

/** A named extension, as Envoy's own messages hold it. */
export function extension<D extends DescMessage>(
  name: string,
  schema: D,
  init: MessageInitShape<D>,
): TypedExtensionConfig {
  return create(TypedExtensionConfigSchema, { name, typedConfig: any(schema, init) });
}

/** A named extension, as matchers hold it. */
export function matcherExtension<D extends DescMessage>(
  name: string,
  schema: D,
  init: MessageInitShape<D>,
): MatcherExtension {
  return create(MatcherExtensionSchema, { name, typedConfig: any(schema, init) });
}
