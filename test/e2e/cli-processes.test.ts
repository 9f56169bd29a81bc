import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Ran, ROOT, run, SALLYPORT, sallyport } from "./command.ts";

/** The commands that run until they are stopped, and those that change the kernel, in a network namespace of their own. */

const UNIVERSAL = join(ROOT, "examples", "quickstart", "universal");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-run-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A shell in a user and network namespace of its own, so that neither root nor the host's rules matter. */
const inNamespace = (script: string): Promise<Ran> =>
  run("unshare", ["--user", "--map-root-user", "--net", "sh", "-c", `ip link set lo up; ${script}`]);

describe("redirect", () => {
  test("install puts in force what print prints, uninstall takes it away and says so", async () => {
    const { stdout, stderr, code } = await inNamespace(`
      ${SALLYPORT} redirect install && nft list tables
      ${SALLYPORT} redirect print | nft -f - && nft list tables
      ${SALLYPORT} redirect uninstall; echo "uninstall $?"
      nft list tables
      ${SALLYPORT} redirect uninstall; echo "uninstall $?"`);
    expect({ stdout, code }).toEqual({
      stdout: "table inet sallyport\ntable inet sallyport\nuninstall 0\nuninstall 1\n",
      code: 0,
    });
    expect(stderr).toBe(
      "the redirection is in force: connections get out through a sidecar only\n" +
        "open: the redirection is gone, connections go straight out, unchecked\n" +
        "there was no redirection\n",
    );
  });

  test("behind it, a connection that would have got out is refused here", async () => {
    const connect = "bash -c 'exec 3<>/dev/tcp/192.0.2.1/80' 2>&1 | grep -om1 'Connection refused'";
    const { stdout } = await inNamespace(`
      ip link add dev out type veth peer name far && ip link set out up && ip link set far up
      ip addr add 198.51.100.1/24 dev out && ip route add default dev out
      ${SALLYPORT} redirect install 2>/dev/null
      ${connect}`);
    expect(stdout).toBe("Connection refused\n");
  });

  test("the kernel takes what `compile -t nftables` prints", async () => {
    const { stdout, stderr, code } = await inNamespace(
      `${SALLYPORT} compile -f ${UNIVERSAL} -t nftables | nft -f - && nft list set inet sallyport raw4`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("10.250.0.0/16 . 10000");
  });
});

describe("control-plane run", () => {
  test("serves the folder until TERM, and ends with 0", async () => {
    copyExample();
    const api = join(folder, "api.sock");
    const plane = start(["control-plane", "run", "--store", `files:${folder}`, ...sockets()]);
    await until(() => existsSync(api));
    const answer = await get(api, "/meshes/default/meshpassthroughs");
    expect(JSON.parse(answer).total).toBe(4);
    plane.process.kill("SIGTERM");
    expect(await plane.ended).toBe(0);
    expect(existsSync(api)).toBe(false);
  });

  test("every setting that cannot be used is named at once, by its option", async () => {
    const args = ["control-plane", "run", "--store", "oracle:x", "--api", "0.0.0.0:5681", "--zone", "A zone"];
    const { code, stderr } = await sallyport(args);
    expect(code).toBe(2);
    const named = stderr.split("\n").map((line) => /^error: (--\w+): /.exec(line)?.[1]);
    expect(named.filter((flag) => flag !== undefined).sort()).toEqual(["--api", "--store", "--zone"]);
  });

  test("an address that is taken ends with 3, and one line", async () => {
    const plane = start(["control-plane", "run", "--store", `files:${folder}`, ...sockets()]);
    await until(() => existsSync(join(folder, "api.sock")));
    const { code, stderr } = await sallyport(["control-plane", "run", "--store", `files:${folder}`, ...sockets()]);
    expect(code).toBe(3);
    expect(stderr.split("\n").filter((line) => line.startsWith("error:"))).toHaveLength(1);
    expect(stderr).not.toContain("    at ");
    plane.process.kill("SIGTERM");
    await plane.ended;
  });
});

describe("sidecar run", () => {
  test("takes the policy from a control plane, ends with 0 on TERM, and leaves the redirection behind", async () => {
    copyExample();
    const plane = start(["control-plane", "run", "--store", `files:${folder}`, ...sockets()]);
    await until(() => existsSync(join(folder, "xds.sock")));
    const state = join(folder, "state");
    const { stdout, stderr } = await inNamespace(`
      ${SALLYPORT} sidecar run --proxy demo-app --state ${state} --control-plane unix:${folder}/xds.sock 2>${folder}/log &
      for i in $(seq 100); do grep -q 'policy in force' ${folder}/log && break; sleep 0.1; done
      kill -TERM $! && wait $!; echo "ended with $?"
      nft list tables; cat ${folder}/log >&2`);
    expect(stderr).toContain('"rules":6,"mode":"Matched"');
    expect(stdout).toBe("ended with 0\ntable inet sallyport\n");
    expect(existsSync(join(state, "policy.json"))).toBe(true);
    plane.process.kill("SIGTERM");
    await plane.ended;
  });

  test("listens before it loads what it does not need for that, and while Envoy has not said its version", async () => {
    const [state, envoy] = [join(folder, "state"), join(folder, "envoy")];
    writeFileSync(envoy, "#!/bin/sh\nexec sleep 10\n", { mode: 0o755 });
    const settings = ["--proxy", "a", "--state", state, "--redirect", "none", "--envoy", envoy];
    const sidecar = start(["sidecar", "run", ...settings]);
    await until(() => existsSync(join(state, "run", "agent.sock")));
    const loaded = readFileSync(`/proc/${sidecar.process.pid}/maps`, "latin1");
    expect(loaded).toContain("/node");
    expect(loaded).not.toContain("koffi");
    sidecar.process.kill("SIGKILL");
    await sidecar.ended;
  });

  test("what the operator can mend comes as one line without a stack", async () => {
    const { code, stderr } = await sallyport([
      "sidecar",
      "run",
      "--proxy",
      "a",
      "--state",
      folder,
      "--envoy",
      "/nowhere/envoy",
    ]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^error: no Envoy binary at `\/nowhere\/envoy` \(--envoy\): .*\n$/);
  });
});

function copyExample(): void {
  for (const name of readdirSync(UNIVERSAL)) copyFileSync(join(UNIVERSAL, name), join(folder, name));
}

const sockets = (): string[] => ["--api", `unix:${folder}/api.sock`, "--xds", `unix:${folder}/xds.sock`];

function start(args: readonly string[]) {
  const process = spawn(SALLYPORT, args, { cwd: ROOT, stdio: "ignore" });
  const ended = new Promise<number | null>((resolve) => process.on("close", resolve));
  return { process, ended };
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(holds()).toBe(true);
}

function get(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path }, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      answer.on("end", () => resolve(body));
    });
    asked.on("error", reject).end();
  });
}
