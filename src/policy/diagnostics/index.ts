/** What is found in texts and resources, as data: codes, places, words; and how to print it. */
export * from "./codes.ts";
export * from "./diagnostic.ts";
