/** Who is connected and what they accepted or refused. In memory: every client tells it anew when it connects. */
export { type ClientStatus, type ProxyStatus, StatusBook, type TypeStatus } from "./status.ts";
