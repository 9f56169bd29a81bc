import { type Diagnostic, formatPath } from "../../policy/diagnostics/index.ts";

/** A faulty field of a request. `reason` and `help` as the command line prints them. */
export interface InvalidParameter {
  readonly field: string;
  readonly reason: string;
  readonly code?: string;
  readonly help?: string;
  /** In the body as sent, from 1. */
  readonly line?: number;
  readonly column?: number;
}

/** The body of every answer that is not a success. `details` and `causes` say the same once more, in older words. */
export interface ErrorAnswer {
  readonly type: "/std-errors";
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly invalid_parameters?: readonly InvalidParameter[];
  readonly details: string;
  readonly causes?: readonly { readonly field: string; readonly message: string }[];
}

/** Thrown by handlers and answered as it is; everything else that is thrown is a fault of ours. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly answer: ErrorAnswer;

  constructor(answer: ErrorAnswer) {
    super(`${answer.title}: ${answer.detail}`);
    this.answer = answer;
  }
}

export function errorAnswer(
  status: number,
  title: string,
  detail: string,
  invalid: readonly InvalidParameter[] = [],
): ErrorAnswer {
  const causes = invalid.map(({ field, reason }) => ({ field, message: reason }));
  const parameters = invalid.length === 0 ? {} : { invalid_parameters: invalid };
  const older = causes.length === 0 ? {} : { causes };
  return { type: "/std-errors", status, title, detail, ...parameters, details: detail, ...older };
}

export const refuse = (...of: Parameters<typeof errorAnswer>): RequestError => new RequestError(errorAnswer(...of));

export const notFound = (title: string): RequestError => refuse(404, title, "Not found");

export const NO_MESH = "Failed to retrieve Mesh";

/** 400 for a resource that has faults. */
export const invalidResource = (invalid: readonly InvalidParameter[]): RequestError =>
  refuse(400, "Could not process a resource", "Resource is not valid", invalid);

/** A diagnostic of a body as a faulty field of it. */
export function invalidParameter({ code, path, message, help, span }: Diagnostic): InvalidParameter {
  const place = span === undefined ? {} : { line: span.start.line, column: span.start.column };
  return { field: formatPath(path), reason: message, code, ...(help === undefined ? {} : { help }), ...place };
}
