/** Two effective policies → what is newly allowed or denied, in classes of connections, each with a witness. */
export * from "./classes.ts";
export * from "./diff.ts";
