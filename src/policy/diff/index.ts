/** Two effective policies, or sets of them → what is newly allowed or denied, in classes of connections, each with a witness. */
export * from "./diff.ts";
export * from "./diff-proxies.ts";
export * from "./render-diff.ts";
