/** Which policies select a proxy, and in which precedence. */
export * from "./precedence.ts";
export * from "./selects.ts";
