import { create } from "@bufbuild/protobuf";
import { type Http1ProtocolOptions, Http1ProtocolOptionsSchema } from "../../gen/envoy/config/core/v3/protocol_pb.js";
import { PreserveCaseFormatterConfigSchema } from "../../gen/envoy/extensions/http/header_formatters/preserve_case/v3/preserve_case_pb.js";
import { extension } from "./extension.ts";

/** As many headers, and KiB of them, as a request or an answer may have: Envoy's own 100 and 60 are too few to be transparent. */
export const MAX_HEADERS = 1000;
export const MAX_HEADERS_KB = 256;

/** HTTP/1 as it came: case of header names, reason phrase, trailers, any method. For both sides, with what is only one's. */
export function http1Options(
  more: { readonly acceptHttp10?: boolean; readonly defaultHostForHttp10?: string } = {},
): Http1ProtocolOptions {
  const value = extension("preserve_case", PreserveCaseFormatterConfigSchema, { forwardReasonPhrase: true });
  return create(Http1ProtocolOptionsSchema, {
    ...more,
    enableTrailers: true,
    allowCustomMethods: true,
    headerKeyFormat: { headerFormat: { case: "statefulFormatter", value } },
  });
}
