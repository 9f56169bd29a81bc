/**
 * Tests of policies, `*.test.yaml`: connections with the verdict wanted for each, and statements about classes of
 * connections, proved or refuted; which rules they need; reports of them.
 */
export { isAbout, spaceOfStatement, statementClasses } from "./class-space.ts";
export { coverage, type RuleCoverage } from "./coverage.ts";
export {
  type AssertionCase,
  type AssertionSuite,
  isAssertionFile,
  type ParsedAssertions,
  parseAssertions,
  type StatementSuite,
} from "./parse-assertions.ts";
export { type Reported, renderTap, renderTestJunit } from "./render-outcomes.ts";
export { renderTestSarif, type TestSarif } from "./render-test-sarif.ts";
export { type CaseOutcome, runCase } from "./run-case.ts";
export { type Refutation, runStatement, type StatementOutcome, type TestedProxy } from "./run-statement.ts";
export { CLAIMS, type Claim, type ProxyFilter, type Statement, type WrittenClass } from "./statement.ts";
