/** The reference semantics: may this connection leave, and why. Every other engine is proved against it. */
export { admits } from "./admits.ts";
export { decide } from "./decide.ts";
export { differences, nearestMisses } from "./nearest-misses.ts";
