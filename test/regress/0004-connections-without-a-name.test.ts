import { expect, test } from "vitest";
import { connectionClasses, connectionSpace, renderClass } from "../../src/policy/space/index.ts";
import { connection } from "../laws/builders.ts";

test("a class of connections without a name says so, and not `any name or none, except any name`", () => {
  const read = (text: string) => connectionClasses(connectionSpace(connection(text))).map((one) => renderClass(one));
  expect(read("tls://:443@10.0.0.1")).toEqual(["TLS on port 443 without a server name to 10.0.0.1"]);
  expect(read("http://:80@10.0.0.1")).toEqual(["HTTP/1 on port 80 without a host to 10.0.0.1"]);
});
