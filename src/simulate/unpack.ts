import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { type Any, anyUnpack } from "@bufbuild/protobuf/wkt";

/** Takes what is wrong with a configuration: Envoy refuses it, or the model does not know it. */
export type Fault = (text: string) => undefined;

/** The message inside an Any, if it is of this type. */
export function unpack<D extends DescMessage>(any: Any | undefined, schema: D): MessageShape<D> | undefined {
  return any === undefined ? undefined : anyUnpack(any, schema);
}

/** `envoy…v3.TcpProxy`: how faults name what is inside an Any. */
export const typeOf = (any: Any | undefined): string => any?.typeUrl.replace(/^.*\//, "") ?? "nothing";
