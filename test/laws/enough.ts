/** How often a law must have met what it is about. Where laws are stopped early (`npm run check`), any number will do. */
export const enough = (times: number): number => (process.env.SALLYPORT_QUICK === "true" ? -1 : times);
