/** Every reader of texts on texts of every kind: an answer, whatever the text, and places that are in it. */
import { parseAssertions } from "../../src/policy/assert/index.ts";
import { check, type SourceText } from "../../src/policy/check/index.ts";
import { type Diagnostic, renderText } from "../../src/policy/diagnostics/index.ts";
import { fix, lint } from "../../src/policy/lint/index.ts";
import { formatConnection, parseConnection } from "../../src/policy/model/index.ts";
import { parseCidr, parseDomainPattern, parseIp } from "../../src/policy/net/index.ts";
import { convertText, formatText, parseResources, readComments, removeItems } from "../../src/policy/text/index.ts";
import { COMPATIBILITY_LEVELS } from "../../src/policy/validate/index.ts";
import { parseQuestion } from "../../src/policy/why/index.ts";
import { pick, randomFrom } from "../../test/e2e/random-policies.ts";
import { randomInput, SHAPES } from "./parsing-inputs.ts";
import { below } from "./policies.ts";

/** How much was read, and the first text that was not read well, made small. */
export interface ParsingRun {
  readonly inputs: number;
  /** Texts that gave a resource: a run without any would say little. */
  readonly sound: number;
  readonly found?: { readonly reader: string; readonly text: string; readonly fault: string };
}

/** Throws, or says what is wrong; true: the text was one with a meaning. */
type Reader = (text: string) => boolean | string;

const FILE = "a.yaml";
const ASSERTIONS = "a.test.yaml";
const LINTED = { enable: ["L412-no-owner", "L416-numeric-name"], now: 0 } as const;

/** Asked of every text. */
const PARSERS: Readonly<Record<string, Reader>> = {
  parse: (text) => {
    const { resources, diagnostics } = parseResources(FILE, text);
    return misplaced(text, diagnostics) ?? resources.length > 0;
  },
  connection: (text) => {
    const [parsed, question] = [parseConnection(text), parseQuestion(text)];
    if (question.ok !== true && parsed.ok) return "a connection that is no question";
    if (!parsed.ok) return false;
    const again = parseConnection(formatConnection(parsed.value));
    return again.ok && formatConnection(again.value) === formatConnection(parsed.value)
      ? true
      : "it is written as another connection";
  },
  values: (text) => {
    const part = text.slice(0, 300);
    return [parseIp(part), parseCidr(part), parseDomainPattern(part)].some(({ ok }) => ok);
  },
};

/** What a text goes through in a command; one of them is asked of each text. */
const COMMANDS: Readonly<Record<string, Reader>> = {
  ...Object.fromEntries(
    COMPATIBILITY_LEVELS.map((compatibility) => [
      `check at ${compatibility}`,
      (text: string) => {
        const checked = check([{ file: FILE, text }], { compatibility, zone: "east" });
        renderText(checked.diagnostics, new Map([[FILE, text]]));
        return misplaced(text, checked.diagnostics) ?? checked.resources.length > 0;
      },
    ]),
  ),
  "check of assertions": (text) => {
    const { suites, statements, diagnostics } = check([{ file: ASSERTIONS, text }]);
    return misplaced(text, diagnostics) ?? suites.length + statements.length > 0;
  },
  assertions: (text) => {
    const { suites, statements, diagnostics } = parseAssertions(ASSERTIONS, text);
    return misplaced(text, diagnostics) ?? suites.length + statements.length > 0;
  },
  lint: (text) => {
    const texts: SourceText[] = [{ file: FILE, text }];
    const checked = check(texts);
    const found = lint(checked, { ...LINTED, texts });
    for (const { text: fixed } of fix(checked, texts, LINTED)) check([{ file: FILE, text: fixed }]);
    return misplaced(text, found) ?? checked.resources.length > 0;
  },
  format: (text) => {
    const once = formatText(FILE, text);
    if (!once.ok) return misplaced(text, once.diagnostics) ?? false;
    const twice = formatText(FILE, once.text);
    return twice.ok && twice.text === once.text ? text.length > 0 : "formatting it twice is not formatting it once";
  },
  "convert to universal": (text) => convertText(FILE, text, "universal").ok,
  "convert to kubernetes": (text) => convertText(FILE, text, "kubernetes").ok,
  edit: (text) => {
    const places = readComments(FILE, text).map(({ span }) => span.start);
    return removeItems(text, [{ line: 1 + (text.length % 7), column: 3 }, ...places]) !== undefined;
  },
};
const COMMAND_NAMES = Object.keys(COMMANDS);

/** Texts until `isOver`, each through every parser, one in three through a command. The seed, and the seed texts, say all. */
export function runParsing(seed: number, seeds: readonly string[], isOver: (inputs: number) => boolean): ParsingRun {
  const random = randomFrom(seed);
  let [inputs, sound] = [0, 0];
  for (; !isOver(inputs); inputs++) {
    const text = randomInput(random, pick(random, SHAPES), seeds);
    const command = COMMAND_NAMES[below(random, 3 * COMMAND_NAMES.length)] ?? "";
    for (const [reader, read] of [...Object.entries(PARSERS), [command, COMMANDS[command]] as const]) {
      if (read === undefined) continue;
      const answer = answerOf(read, text);
      if (typeof answer === "string") return { inputs, sound, found: { reader, ...smallest(read, text) } };
      if (answer && reader === "parse") sound++;
    }
  }
  return { inputs, sound };
}

function answerOf(read: Reader, text: string): boolean | string {
  try {
    return read(text);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/** The text with as little in it as still shows a fault. */
function smallest(read: Reader, from: string): { readonly text: string; readonly fault: string } {
  let text = from;
  for (let size = text.length >> 1; size > 0; size >>= 1)
    for (let at = 0; at + size <= text.length; ) {
      const fewer = text.slice(0, at) + text.slice(at + size);
      if (typeof answerOf(read, fewer) === "string") text = fewer;
      else at += size;
    }
  return { text, fault: String(answerOf(read, text)) };
}

/** What is wrong with the places of diagnostics: none may be outside the text. */
function misplaced(text: string, diagnostics: readonly Diagnostic[]): string | undefined {
  if (diagnostics.length === 0) return undefined;
  const lines = text.split("\n");
  const isInside = ({ line, column }: { readonly line: number; readonly column: number }): boolean =>
    column >= 1 && column <= (lines[line - 1]?.length ?? -1) + 1;
  const bad = diagnostics.find(
    ({ span }) =>
      span !== undefined &&
      !(
        isInside(span.start) &&
        isInside(span.end) &&
        (span.start.line < span.end.line || span.start.column <= span.end.column)
      ),
  );
  return bad === undefined ? undefined : `${bad.code} is at ${JSON.stringify(bad.span)}`;
}
