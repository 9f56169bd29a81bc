import { type Command, Option } from "commander";
import type { Checked, CheckedProxy } from "../policy/check/index.ts";
import { type CommandContext, command } from "./command.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { addFileOption } from "./input.ts";
import { addProxyOptions, loadChecked, type ProxyOptions, proxyMeant } from "./proxy.ts";
import { addIdentityOptions, type IdentityOptions } from "./proxy-identity.ts";

/** What there is to compile for, with the forms of each; the first is the default. */
const FORMS = { envoy: ["json", "bootstrap"], nftables: ["nft"], classic: ["json"] } as const;
type Target = keyof typeof FORMS;
type Form = (typeof FORMS)[Target][number];

interface CompileOptions extends ProxyOptions, IdentityOptions {
  readonly target: Target;
  readonly output?: Form;
  readonly raw: boolean;
}

const DEFAULT_OUTBOUND_PORT = 15_001;
const RAW_PORT = 15_003;
/** The user that Envoy runs as where nothing else is said, as for sidecars. */
const DEFAULT_UID = 5_678;
/** With address sets only what may be TLS or HTTP waits here; without them a silent protocol does too. */
const INSPECTION_MS = { withRaw: 5_000, alone: 500 };

export function compileCommand({ terminal }: CommandContext): Command {
  const made = command(
    "compile",
    "Prints the configuration that enforces what one proxy may do. Equal policies give equal bytes.",
    [
      { line: "sallyport compile -f policies/ --proxy web-1 -t envoy", does: "listeners, routes and clusters" },
      {
        line: "sallyport compile -f policies/ --proxy web-1 -t envoy -o bootstrap > envoy.json",
        does: "a file for `envoy -c`",
      },
      {
        line: "sallyport compile -f policies/ --proxy web-1 -t nftables --uid 1337",
        does: "the redirection to an Envoy that runs as this user, for `nft -f`",
      },
      { line: "sallyport compile -f policies/ --proxy web-1 -t classic", does: "what Kuma 2.9 gives its Envoy" },
    ],
  );
  addProxyOptions(addFileOption(made))
    .addOption(new Option("-t, --target <target>", "for what").choices(Object.keys(FORMS)).makeOptionMandatory())
    .addOption(
      new Option(
        "-o, --output <form>",
        "of envoy `json`, canonical protobuf JSON (the default), or `bootstrap`, a static file, complete in itself; of classic `json`; of nftables `nft`",
      ).choices([...new Set(Object.values(FORMS).flat())]),
    )
    .option("--no-raw", "one listener only, for a redirection that is not ours and knows no address sets");
  return addIdentityOptions(made).action(async (options: CompileOptions) => {
    const form = formOf(options);
    const checked = await loadChecked(options, terminal);
    const proxy = proxyMeant(checked, options);
    terminal.out(await compiled(checked, proxy, form, options));
  });
}

function compiled(checked: Checked, proxy: CheckedProxy, form: Form, options: CompileOptions): Promise<string> {
  if (options.target === "classic") return forClassic(checked, proxy);
  return form === "nft" ? forNftables(proxy, options) : forEnvoy(proxy, form, options);
}

function formOf({ target, output, raw, uid, mark }: CompileOptions): Form {
  const forms: readonly Form[] = FORMS[target];
  const [standard] = FORMS[target];
  if (output !== undefined && !forms.includes(output))
    throw new CommandError(EXIT.usage, `\`-o ${output}\` is not for ${target}`, `one of ${forms.join(", ")}`);
  if (target === "nftables" && !raw)
    throw new CommandError(EXIT.usage, "`--no-raw` is for redirections that are not ours, and nftables prints ours");
  if (target === "classic" && (!raw || uid !== undefined || mark !== undefined))
    throw new CommandError(EXIT.usage, "`--no-raw`, `--uid` and `--mark` are not for classic: it is as Kuma makes it");
  return output ?? standard;
}

/** 0 stands for none: such a proxy is not enforced, and its configuration passes everything. */
const outboundPortOf = ({ dataplane }: CheckedProxy): number =>
  dataplane.transparentProxying?.redirectPortOutbound || DEFAULT_OUTBOUND_PORT;

async function forEnvoy(proxy: CheckedProxy, form: "json" | "bootstrap", options: CompileOptions): Promise<string> {
  const { buildTable } = await import("../compile/table/index.ts");
  const { bootstrapJson, compileEnvoy, staticBootstrap, toCanonicalJson } = await import("../compile/envoy/index.ts");
  const { name, mesh } = proxy.dataplane.meta;
  const table = buildTable(proxy.effective);
  const settings = {
    outboundPort: outboundPortOf(proxy),
    ...(options.raw && { rawPort: RAW_PORT }),
    inspectionTimeoutMs: options.raw ? INSPECTION_MS.withRaw : INSPECTION_MS.alone,
    ...(options.mark !== undefined && { upstreamMark: options.mark }),
  };
  if (form === "bootstrap")
    return bootstrapJson(staticBootstrap(table, settings, { id: `${mesh}/${name}`, cluster: mesh }));
  return toCanonicalJson(compileEnvoy(table, { ...settings, accessLog: "file" }));
}

/** From the policies themselves: Kuma selects and merges them in its own way. */
async function forClassic({ resources }: Checked, { dataplane }: CheckedProxy): Promise<string> {
  const { classicForProxy, classicJson } = await import("../compile/classic/index.ts");
  const all = resources.map(({ resource }) => resource);
  const mesh = all.find((resource) => resource.type === "Mesh" && resource.meta.name === dataplane.meta.mesh);
  const policies = all.filter((resource) => resource.type === "MeshPassthrough");
  const { resources: made, error } = classicForProxy(mesh?.type === "Mesh" ? mesh : undefined, policies, dataplane);
  if (error === undefined) return classicJson(made);
  throw new CommandError(
    EXIT.no,
    `Kuma 2.9 generates nothing for this proxy: ${error}`,
    "`sallyport compare kuma-2.9` names the rules that are enough for it",
  );
}

async function forNftables(proxy: CheckedProxy, { uid = DEFAULT_UID, mark }: CompileOptions): Promise<string> {
  const { buildTable } = await import("../compile/table/index.ts");
  const { compileRedirect, redirectSets } = await import("../compile/nftables/index.ts");
  const table = buildTable(proxy.effective);
  const settings = {
    outboundPort: outboundPortOf(proxy),
    rawPort: RAW_PORT,
    identity: mark === undefined ? { uid } : { mark },
    resolvers: [],
    mode: table.mode,
    ipv6: proxy.dataplane.transparentProxying?.ipFamilyMode === "IPv4" ? "refuse" : "redirect",
  } as const;
  return compileRedirect(settings, redirectSets(table)).join("");
}
