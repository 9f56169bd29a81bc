import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeDurably } from "../host/index.ts";
import type { Conflict } from "../quarantine/index.ts";

/** What an agent must know again after a restart without control plane. */
export interface StoredPolicy {
  /** `sallyport.v1.EffectivePolicy`, as it came. */
  readonly policy: Uint8Array;
  /** Ports whose HTTP chain Envoy still has although no rule names them; `any` for that of all other ports. */
  readonly extraHttpPorts: readonly (number | "any")[];
  /** What Envoy is known to reject of it. */
  readonly conflicts: readonly Conflict[];
}

/** As it was stored, by whichever Envoy its conflicts were found. */
export interface FoundPolicy extends StoredPolicy {
  /** The `envoy` of the owner that stored it; absent where there are no conflicts. */
  readonly foundWith?: string;
}

export type ReadPolicy =
  | { readonly kind: "found"; readonly stored: FoundPolicy }
  | { readonly kind: "none" }
  /** There is a file, and it cannot be used. */
  | { readonly kind: "unusable"; readonly why: string };

const FORMAT = 1;

/** Whose policy it is, and what the findings in it were found with. */
export interface FileOwner {
  readonly mesh: string;
  readonly name: string;
  /** Tells one Envoy from another: what one rejects another may take. */
  readonly envoy: string;
}

/** Replace the file: after this returns it survives a power cut. Throws what the file system says. */
export function writePolicyFile(path: string, owner: FileOwner, stored: StoredPolicy): void {
  const { mesh, name, envoy } = owner;
  const policy = Buffer.from(stored.policy).toString("base64");
  const { extraHttpPorts, conflicts } = stored;
  const rejected = conflicts.length === 0 ? {} : { rejected: { envoy, conflicts } };
  const content = { format: FORMAT, mesh, name, extraHttpPorts, ...rejected, policy };
  writeDurably(path, `${JSON.stringify({ ...content, sha256: checksum(content) })}\n`);
}

/** Never throws: a file that cannot be trusted is as none, and the caller says so. */
export function readPolicyFile(path: string, owner: Omit<FileOwner, "envoy">): ReadPolicy {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    return isAbsent ? { kind: "none" } : { kind: "unusable", why: String(error) };
  }
  const unusable = (why: string): ReadPolicy => ({ kind: "unusable", why });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return unusable("it is cut short or damaged");
  }
  if (!isRecord(content)) return unusable("it is damaged");
  if (content.format !== FORMAT) return unusable(`it has format ${String(content.format)}, not ${FORMAT}`);
  const { sha256, ...rest } = content;
  if (sha256 !== checksum(rest)) return unusable("its checksum is wrong");
  if (content.mesh !== owner.mesh || content.name !== owner.name)
    return unusable(`it is that of ${String(content.mesh)}/${String(content.name)}`);
  if (typeof content.policy !== "string" || !isPorts(content.extraHttpPorts)) return unusable("it is damaged");
  const policy = Buffer.from(content.policy, "base64");
  const found = { policy, extraHttpPorts: content.extraHttpPorts };
  return { kind: "found", stored: { ...found, ...conflictsIn(content.rejected) } };
}

function conflictsIn(rejected: unknown): Pick<FoundPolicy, "conflicts" | "foundWith"> {
  if (!isRecord(rejected) || typeof rejected.envoy !== "string" || !Array.isArray(rejected.conflicts))
    return { conflicts: [] };
  return { conflicts: rejected.conflicts.filter(isConflict), foundWith: rejected.envoy };
}

/** What this Envoy is known to reject. What only another one did is found again if this one does too. */
export async function knownConflicts(
  { conflicts, foundWith }: FoundPolicy,
  envoy: PromiseLike<string>,
): Promise<readonly Conflict[]> {
  return conflicts.length > 0 && foundWith === (await envoy) ? conflicts : [];
}

const isConflict = (value: unknown): value is Conflict =>
  isRecord(value) &&
  typeof value.why === "string" &&
  Array.isArray(value.rules) &&
  value.rules.length > 0 &&
  value.rules.every((rule) => typeof rule === "string");

const checksum = (content: object): string => createHash("sha256").update(JSON.stringify(content)).digest("hex");

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const isPorts = (value: unknown): value is (number | "any")[] =>
  Array.isArray(value) &&
  value.every((port) => port === "any" || (Number.isInteger(port) && port > 0 && port < 65_536));
