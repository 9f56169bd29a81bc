import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { CommandError, EXIT } from "./exit-codes.ts";
import { repeated } from "./numbers.ts";
import { printable, type Terminal } from "./terminal.ts";

/** One text and the name that diagnostics give it. */
export interface InputText {
  readonly file: string;
  readonly text: string;
}

export interface ReadOptions {
  /** Are assertions (`*.test.yaml`) in a folder wanted too? */
  readonly withAssertions?: boolean;
  /** Takes what cannot be read, and the rest is answered for; where it is absent, that is an error. */
  readonly unread?: (error: CommandError) => void;
}

/** The name of standard input in diagnostics. */
export const STDIN_NAME = "<stdin>";

/** Adds `-f`: read by {@link readTexts}. */
export function addFileOption(command: Command): Command {
  return command.option(
    "-f, --file <path>",
    "file, folder (*.yaml, *.yml, *.json below it) or `-` for standard input; may be repeated (default: the current folder)",
    repeated,
  );
}

/** As {@link addFileOption}, where paths may also stand alone, as everybody writes them first. The action gets them first. */
export function addPaths(command: Command): Command {
  return addFileOption(command)
    .argument("[path...]", "what `-f` names may stand alone too")
    .hook("preAction", (_, made) => {
      const paths: readonly string[] = made.processedArgs[0] ?? [];
      const { file = [] } = made.opts<{ readonly file?: readonly string[] }>();
      if (paths.length > 0) made.setOptionValue("file", [...file, ...paths]);
    });
}

/**
 * The texts that `-f` names, each file once, in the order named, a folder's files sorted by path. In a folder,
 * dot files and `node_modules` are left out. A folder without any file is an error:
 * an empty answer would look like a good one.
 * @throws {CommandError} `unreachable`: something named cannot be read or is not UTF-8; all of it in one message.
 */
export async function readTexts(
  paths: readonly string[] | undefined,
  terminal: Terminal,
  options: ReadOptions = {},
): Promise<InputText[]> {
  const texts = new Map<string, InputText>();
  const unread: CommandError[] = [];
  for (const path of paths ?? ["."]) {
    if (path === "-") {
      const bytes = await terminal.readStdin();
      attempt(unread, () => texts.set("-", { file: STDIN_NAME, text: decodeText(bytes, STDIN_NAME) }));
      continue;
    }
    for (const file of attempt(unread, () => filesAt(path, terminal.cwd, options)) ?? []) {
      const absolute = resolve(terminal.cwd, file);
      if (!texts.has(absolute))
        attempt(unread, () => texts.set(absolute, { file, text: decodeText(read(absolute, file), file) }));
    }
  }
  const error = together(unread);
  if (error !== undefined && (options.unread === undefined || texts.size === 0)) throw error;
  if (error !== undefined) options.unread?.(error);
  return [...texts.values()];
}

function attempt<T>(unread: CommandError[], action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    unread.push(error);
    return undefined;
  }
}

const MAX_UNREAD = 20;

/** One error for several: each message is a line. */
function together(errors: readonly CommandError[]): CommandError | undefined {
  if (errors.length < 2) return errors[0];
  const lines = errors.slice(0, MAX_UNREAD).map(({ message }) => message);
  const more = errors.length > MAX_UNREAD ? [`cannot read ${errors.length - MAX_UNREAD} more`] : [];
  const help = errors.every((one) => one.help === errors[0]?.help) ? errors[0]?.help : undefined;
  return new CommandError(EXIT.unreachable, [...lines, ...more].join("\n"), help);
}

function filesAt(path: string, cwd: string, { withAssertions = false }: ReadOptions): string[] {
  const absolute = resolve(cwd, path);
  const stat = reach(path, () => statSync(absolute));
  if (!stat.isDirectory()) return [path];
  const found = filesBelow(absolute, path).filter((file) => withAssertions || !isAssertions(file));
  if (found.length === 0)
    throw new CommandError(
      EXIT.unreachable,
      `no *.yaml, *.yml or *.json in \`${printable(path)}\``,
      "name a file or folder with `-f`, or `-f -` to read standard input",
    );
  return found.map((file) =>
    relative(path, ".") === "" ? relative(absolute, file) : join(path, relative(absolute, file)),
  );
}

function filesBelow(folder: string, shown: string): string[] {
  const entries = reach(shown, () => readdirSync(folder, { withFileTypes: true }));
  entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return entries.flatMap((entry) => {
    if (entry.name.startsWith(".") || entry.name === "node_modules") return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path, join(shown, entry.name));
    return isResourceFile(entry, path) ? [path] : [];
  });
}

const isAssertions = (file: string): boolean => /\.test\.(?:ya?ml|json)$/.test(file);

/** Would a folder that holds this path, relative to it, be read for it? Assertions are not. */
export const isResourcePath = (path: string): boolean =>
  IS_RESOURCE.test(path) &&
  !isAssertions(path) &&
  path.split("/").every((part) => !part.startsWith(".") && part !== "node_modules");

const IS_RESOURCE = /\.(?:yaml|yml|json)$/;

/** A link to a file counts, as in a mounted ConfigMap; a link to a folder does not, it could lead in a circle. */
function isResourceFile(entry: Dirent, path: string): boolean {
  if (!IS_RESOURCE.test(entry.name)) return false;
  return entry.isFile() || (entry.isSymbolicLink() && statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

function read(absolute: string, shown: string): Uint8Array {
  return reach(shown, () => readFileSync(absolute));
}

function reach<T>(shown: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new CommandError(EXIT.unreachable, `cannot read \`${printable(shown)}\`: ${reasonOf(error)}`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOTDIR: "a part of the path is not a folder",
  ELOOP: "too many symbolic links",
};

/** What the system says, without the path that Node repeats. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  return REASONS[code] ?? error.message;
}

/**
 * Bytes of a file as text.
 * @throws {CommandError} `unreachable`: they are not UTF-8.
 */
export function decodeText(bytes: Uint8Array, shown: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new CommandError(
      EXIT.unreachable,
      `cannot read \`${printable(shown)}\`: not UTF-8 text`,
      "save the file as UTF-8",
    );
  }
}
