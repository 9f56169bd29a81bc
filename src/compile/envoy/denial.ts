import { create } from "@bufbuild/protobuf";
import { HeaderValueOption_HeaderAppendAction } from "../../gen/envoy/config/core/v3/base_pb.js";
import { ExpressionFilterSchema } from "../../gen/envoy/extensions/access_loggers/filters/cel/v3/cel_pb.js";
import {
  type LocalReplyConfig,
  LocalReplyConfigSchema,
  type ResponseMapper,
  ResponseMapperSchema,
} from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { any } from "./extension.ts";
import { HEADERS, NAMES } from "./settings.ts";

/**
 * Access control answers 403; only those become our denial: a status filter would take Envoy's own 403s along, and
 * the metadata that tells them apart is written after the answer.
 */
const IS_DENIAL = "response.code_details.startsWith('rbac_access_denied')";

const WORKLOAD = `%ENVIRONMENT(${NAMES.workload})%`;
const HOST = "%REQ(:AUTHORITY)%";
const DESTINATION = "%DOWNSTREAM_LOCAL_ADDRESS%";

/** A host that may stand in a command as it is. */
const NAME = "[A-Za-z0-9_.-]*[A-Za-z0-9_][A-Za-z0-9_.-]*";

/**
 * What to ask: for the name with the port of the destination, however it was sent. A host that is no name, or
 * carries another port, is left out, and the destination is asked for alone.
 */
const QUESTIONS = [
  { when: `${IS_DENIAL} && request.host.matches('^${NAME}$')`, ask: `http://${HOST}:%DOWNSTREAM_LOCAL_PORT%` },
  {
    when: `${IS_DENIAL} && request.host.matches('^${NAME}:[0-9]+$') && request.host.endsWith(request.headers['${HEADERS.port}'])`,
    ask: `http://${HOST}`,
  },
  { when: IS_DENIAL, ask: `http://${DESTINATION}` },
] as const;

/** The answer to a request that nothing admits: 503, or for gRPC status 14, with the same text. */
export function localReplies(): LocalReplyConfig {
  return create(LocalReplyConfigSchema, { mappers: QUESTIONS.map(({ when, ask }) => mapper(when, denialText(ask))) });
}

function denialText(ask: string): string {
  return `egress denied: workload ${WORKLOAD} may not send this request to host ${HOST} at ${DESTINATION}: no MeshPassthrough rule admits it\nask: sallyport why --proxy ${WORKLOAD} '${ask}'\n`;
}

function mapper(expression: string, inlineString: string): ResponseMapper {
  return create(ResponseMapperSchema, {
    filter: {
      filterSpecifier: {
        case: "extensionFilter",
        value: {
          name: "cel",
          configType: { case: "typedConfig", value: any(ExpressionFilterSchema, { expression }) },
        },
      },
    },
    statusCode: 503,
    headersToAdd: [
      {
        header: { key: HEADERS.denied, value: "denied" },
        appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
      },
    ],
    bodyFormatOverride: {
      contentType: "text/plain",
      format: { case: "textFormatSource", value: { specifier: { case: "inlineString", value: inlineString } } },
    },
  });
}
