/** The format of `*.test.yaml`: a proxy, connections, and the verdict wanted for each. Reading only. */
export {
  type AssertionCase,
  type AssertionSuite,
  isAssertionFile,
  type ParsedAssertions,
  parseAssertions,
} from "./parse-assertions.ts";
