/**
 * Which resources of a set of files are in force: pure, so that every order of edits can be tried.
 *
 * A file comes into force whole or not at all: while it has a fault, or clashes with another, its last good content
 * stays, and everything else goes on.
 */
import type { Diagnostic } from "../../policy/diagnostics/index.ts";
import { checkSet } from "../../policy/validate/index.ts";
import { isError, type ReadResource, type ReadText } from "./read-text.ts";
import { keyOf, type Problem } from "./store.ts";

export interface FileState {
  /** As read last. */
  readonly latest: ReadText;
  /** What is in force; undefined: it never had a content without faults. */
  readonly good: ReadText | undefined;
  /** Was there when the folder was first read: what it meant before is not known. */
  readonly isFirst: boolean;
}

export type Files = ReadonlyMap<string, FileState>;

export interface Settled {
  readonly files: Files;
  readonly resources: readonly { readonly file: string; readonly read: ReadResource }[];
  /** All diagnostics of a file as it was read last, also those that only show beside the others. */
  readonly diagnostics: ReadonlyMap<string, readonly Diagnostic[]>;
  readonly problems: readonly Problem[];
}

/** Decide what is in force after files were read, or went. */
export function settle(files: Files): Settled {
  const taken = new Map([...files].map(([file, state]) => [file, state.latest.hasErrors ? state.good : state.latest]));
  const clashes = new Map<string, Diagnostic[]>();
  for (;;) {
    const found = checkSet(resourcesOf(taken).map(({ read }) => located(read)));
    const faulty = new Set(found.filter(isError).flatMap(({ span }) => span?.file ?? []));
    // Of those that clash, those that are in force stay, and those that are new do not come in.
    const refused = [...faulty].filter((file) => taken.get(file) !== files.get(file)?.good);
    for (const file of refused) {
      clashes.set(file, [...(clashes.get(file) ?? []), ...found.filter(({ span }) => span?.file === file)]);
      taken.set(file, files.get(file)?.good);
    }
    if (refused.length > 0) continue;
    const diagnostics = new Map(
      [...files].map(([file, { latest }]) => {
        const beside = clashes.get(file) ?? found.filter((diagnostic) => diagnostic.span?.file === file);
        return [file, [...latest.diagnostics, ...beside]];
      }),
    );
    const next = new Map([...files].map(([file, state]) => [file, { ...state, good: taken.get(file) }]));
    const problems = [...next].flatMap(([file, state]) => problemsOf(file, state, diagnostics.get(file) ?? []));
    return { files: next, resources: resourcesOf(taken), diagnostics, problems };
  }
}

const resourcesOf = (taken: ReadonlyMap<string, ReadText | undefined>) =>
  [...taken].flatMap(([file, read]) => (read?.resources ?? []).map((resource) => ({ file, read: resource })));

const located = ({ resource, draft }: ReadResource) => ({ resource, spanOf: draft.spanOf });

/**
 * A file that was there from the start and has had no good content yet: its policies are missing, and without them
 * more may be allowed than their author wants. Which meshes that concerns; a Dataplane concerns none but itself.
 */
function problemsOf(file: string, { good, isFirst, latest }: FileState, diagnostics: readonly Diagnostic[]): Problem[] {
  if (good !== undefined || !isFirst) return [];
  const message = `\`${file}\` has faults, and no earlier content is known`;
  const errors = diagnostics.filter(isError);
  if (errors.some(({ resource }) => resource === undefined)) return [{ message }];
  const meshes = latest.drafts.flatMap(({ id, type, resource }) => {
    if (type === "Dataplane") return [];
    const mesh = resource === undefined ? id?.split("/")[1] : keyOf(resource).mesh;
    return mesh === undefined ? [undefined] : [mesh];
  });
  return [...new Set(meshes)].map((mesh) => (mesh === undefined ? { message } : { mesh, message }));
}
