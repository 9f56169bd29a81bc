/** Resources with computed labels, and what each proxy enforces because of them; follows a store. */
export { proxyIdOf, type RegisteredProxy, Registry } from "./registry.ts";
