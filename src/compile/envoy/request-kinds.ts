/** What `%PROTOCOL%` says of a request over HTTP/2. */
export const HTTP_2 = "HTTP/2";

/** The content types that make a request over HTTP/2 gRPC. Envoy's own test for gRPC does not know `;`. */
export const GRPC_CONTENT_TYPE = "application/grpc([+;].*)?";

/**
 * Hosts that Domain rules may look at, with or without port. It keeps out what matches a wildcard and is no host,
 * such as two `Host` headers, which arrive joined by a comma.
 */
export const WELL_FORMED_HOST = String.raw`(([A-Za-z0-9_-]+\.)*[A-Za-z0-9_-]+\.?|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?`;

/** Stands for the host of an HTTP/1.0 request without one; no Domain rule admits it. */
export const NO_HOST = "-";
