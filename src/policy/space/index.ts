/**
 * Sets of connections: union, intersection, difference, empty?, a witness. Exact, and finite although addresses and
 * names are not: it is the algebra under why, diff, lint and assert, and is checked against `decide`.
 */
export { type AddressClass, addressClass, type BlockClass } from "./address-blocks.ts";
export * from "./addresses.ts";
export { breadth } from "./breadth.ts";
export * from "./class-text.ts";
export * from "./class-view.ts";
export * from "./classes.ts";
export { differenceOf, intervals } from "./intervals.ts";
export * from "./names.ts";
export * from "./of-policy.ts";
export * from "./space.ts";
