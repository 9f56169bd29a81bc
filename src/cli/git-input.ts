import { execFile } from "node:child_process";
import { CommandError, EXIT } from "./exit-codes.ts";
import { decodeText, type InputText, isResourcePath, reasonOf } from "./input.ts";

/** `HEAD~1:policies`: a revision and a path in it. */
const REVISION_PATH = /^([^-:][^:]*):(.*)$/s;

/** Could the text name something in a git revision? */
export const isRevisionPath = (text: string): boolean => REVISION_PATH.test(text);

/**
 * The texts of a file or folder as a git revision has it, named `<revision>:<path>`, sorted by path. The path counts
 * from the root of the repository, or from `cwd` if it begins with `./`, as everywhere in git. Links are left out.
 * @throws {CommandError} `unreachable`: git, the revision or the path is missing, or a file is not UTF-8.
 */
export async function readRevision(text: string, cwd: string): Promise<InputText[]> {
  const revision = REVISION_PATH.exec(text)?.[1] ?? text;
  // Git knows `./` and `../`, but neither `.` nor `..`.
  const named = /:\.\.?$/.test(text) ? `${text}/` : text;
  const id = await git(["rev-parse", "--verify", "--quiet", named], cwd).then(trimmed, async (error: unknown) => {
    const known = await git(["rev-parse", "--verify", "--quiet", revision], cwd).then(trimmed, () => "");
    if (known === "") throw explained(error, `cannot read \`${text}\`: git knows no revision \`${revision}\` here`);
    throw explained(error, `cannot read \`${text}\`: no such path in that revision`);
  });
  const type = trimmed(await git(["cat-file", "-t", id], cwd));
  if (type === "blob") return blobs([{ file: text, id }], cwd);
  const entries = (await git(["ls-tree", "-r", "-z", "--full-tree", id], cwd)).toString("utf8").split("\0");
  const base = text.endsWith(":") || text.endsWith("/") ? text : `${text}/`;
  const files = entries.flatMap((entry) => {
    const [, mode = "", blob = "", path = ""] = /^(\d+) blob ([0-9a-f]+)\t(.*)$/s.exec(entry) ?? [];
    return mode.startsWith("100") && isResourcePath(path) ? [{ file: `${base}${path}`, id: blob }] : [];
  });
  if (files.length === 0)
    throw new CommandError(
      EXIT.unreachable,
      `no *.yaml, *.yml or *.json in \`${text}\``,
      "name another folder or file",
    );
  return blobs(files, cwd);
}

interface Blob {
  readonly file: string;
  readonly id: string;
}

/** One process for all of them: each answer is `<id> blob <size>`, a line end, the bytes, a line end. */
async function blobs(files: readonly Blob[], cwd: string): Promise<InputText[]> {
  const bytes = await git(["cat-file", "--batch"], cwd, `${files.map(({ id }) => id).join("\n")}\n`);
  let at = 0;
  return files.map(({ file }) => {
    const end = bytes.indexOf(10, at);
    const size = Number(/ (\d+)$/.exec(bytes.toString("latin1", at, end))?.[1]);
    at = end + 1 + size + 1;
    return { file, text: decodeText(bytes.subarray(end + 1, end + 1 + size), file) };
  });
}

const trimmed = (bytes: Buffer): string => bytes.toString("utf8").trim();

const LARGEST_ANSWER_BYTES = 1024 ** 3;

function git(args: readonly string[], cwd: string, input?: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      "git",
      args,
      { cwd, encoding: "buffer", maxBuffer: LARGEST_ANSWER_BYTES },
      (error, out, err) => {
        if (error === null) resolve(out);
        else reject(error.code === "ENOENT" ? error : new Error(err.toString("utf8").trim()));
      },
    );
    child.stdin?.on("error", () => undefined); // it may end without having read
    child.stdin?.end(input ?? "");
  });
}

/** Git's own words where it has some, such as `not a git repository`. */
function explained(error: unknown, otherwise: string): CommandError {
  if (error instanceof Error && "code" in error)
    return new CommandError(EXIT.unreachable, `cannot run \`git\`: ${reasonOf(error)}`, "install git, or name files");
  const said = error instanceof Error ? error.message.split("\n")[0] : "";
  return new CommandError(EXIT.unreachable, said ? `${otherwise}: ${said.replace(/^fatal: /, "")}` : otherwise);
}
