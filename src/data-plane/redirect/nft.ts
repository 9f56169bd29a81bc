import { HostError, runCommand } from "../host/index.ts";

const TIMEOUT_MS = 30_000;
const SYSTEM_FOLDERS = ["/usr/sbin", "/sbin", "/usr/local/sbin"];

/** Run one transaction of nft: all of it is applied, or nothing. Throws a HostError. */
export async function runTransaction(text: string): Promise<void> {
  await nft(["-f", "-"], text);
}

/** What nft prints, or undefined if what was asked for does not exist. Throws a HostError. */
export async function list(args: readonly string[]): Promise<string | undefined> {
  try {
    return await nft(args, "");
  } catch (error) {
    if (error instanceof HostError && /No such file or directory/.test(error.message)) return undefined;
    throw error;
  }
}

async function nft(args: readonly string[], input: string): Promise<string> {
  // an ordinary user's PATH on Debian lacks the folder of nft
  const path = [process.env.PATH ?? "", ...SYSTEM_FOLDERS].join(":");
  const outcome = await runCommand("nft", args, { input, timeoutMs: TIMEOUT_MS, env: { ...process.env, PATH: path } });
  if (outcome.kind === "failed") {
    if (outcome.errno === "ENOENT")
      throw new HostError("`nft` was not found, and the redirection is made with it: `apt-get install nftables`");
    throw new HostError(`cannot run nft: ${outcome.why}`);
  }
  if (outcome.code === 0) return outcome.stdout;
  const said = outcome.stderr.trim().split("\n").slice(0, 3).join(" ");
  if (/Operation not permitted/.test(said))
    throw new HostError(
      "nft may not change or list the packet filter here: it needs CAP_NET_ADMIN in this network namespace (run as root, or in `unshare -Urn`)",
    );
  throw new HostError(`nft refused: ${said}`);
}
