/** For `npm run check`, before each test file: a law is tried as often as a third of a second allows. `npm test` tries all. */
import fc from "fast-check";

fc.configureGlobal({ interruptAfterTimeLimit: 333 });
