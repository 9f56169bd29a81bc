/** Sends the cases of a file through whatever guards the testbed's workload, and compares with what is wanted. */
import type { AssertionCase } from "../../src/policy/assert/index.ts";
import type { Answer, ConnectionRecord, Endpoint, Exchange, Observed, Testbed } from "../../src/testbed/index.ts";
import { type Arrives, type CaseProbe, probeOfCase } from "./case-probe.ts";
import { type CaseFile, titleOf } from "./cases.ts";

/** A case, and all that is not as wanted; nothing if it is. */
export interface Outcome {
  readonly title: string;
  readonly problems: readonly string[];
}

interface Sent extends CaseProbe {
  readonly one: AssertionCase;
  readonly title: string;
}

const AT_A_TIME = 10;
const BANNER = "220 testbed\r\n";
/** An allowed connection is never held up as long as this; the inspection time-out is well above it. */
const PROMPT_MS = 2_500;

/** The policies of the file must be in force. Leaves the destinations as it found them. */
export async function sendCases(testbed: Testbed, file: CaseFile): Promise<Outcome[]> {
  const { destinations } = testbed;
  const all = file.cases.map((one): Sent => ({ ...probeOfCase(one), one, title: titleOf(file, one) }));
  const dead = all.filter(({ send }) => send.dead).map(({ destination }) => destination);
  const first = all.filter(({ send }) => send.serverFirst).map(({ destination }) => destination);
  await destinations.listen([...new Set(all.map(({ destination }) => destination.port))]);
  await destinations.at(dead, { kind: "dead" });
  await destinations.at(first, { kind: "banner", text: BANNER });
  const outcomes: Outcome[] = [];
  for (const wave of wavesOf(all)) outcomes.push(...(await sendWave(testbed, file.proxy.dataplane.meta.name, wave)));
  await destinations.at([...dead, ...first], { kind: "detect" });
  return outcomes;
}

/** Groups in which each destination stands once: what arrives there is then known to come from that case. */
function wavesOf(all: readonly Sent[]): Sent[][] {
  const waves: { readonly keys: Set<string>; readonly members: Sent[] }[] = [];
  for (const sent of all) {
    const key = keyOf(sent.destination);
    const free = waves.find(({ keys }) => !keys.has(key));
    free?.members.push(sent);
    free?.keys.add(key);
    if (free === undefined) waves.push({ keys: new Set([key]), members: [sent] });
  }
  return waves.map(({ members }) => members);
}

const keyOf = ({ ip, port }: Endpoint): string => `${ip} ${port}`;

async function sendWave(
  { destinations, prober }: Testbed,
  workload: string,
  wave: readonly Sent[],
): Promise<Outcome[]> {
  await destinations.reset();
  const observed = await prober.probeAll(
    wave.map(({ probe }) => probe),
    AT_A_TIME,
  );
  const packets = new Map((await destinations.packets()).map((count) => [keyOf(count), count.packets]));
  const records = await destinations.records();
  return wave.map((sent, i) => {
    const seen = observed[i];
    if (seen === undefined) throw new Error("impossible: a probe without a result");
    const arrived = records.filter(({ destination }) => keyOf(destination) === keyOf(sent.destination));
    const attempts = packets.get(keyOf(sent.destination)) ?? 0;
    const problems = [
      ...answerProblems(sent, seen),
      ...arrivalProblems(sent, attempts, arrived),
      ...seen.exchanges.flatMap((exchange) => denialProblems(exchange, sent, workload)),
      ...(sent.arrives === undefined ? [] : contentProblems(sent.arrives, arrived)),
    ];
    return { title: sent.title, problems: problems.length === 0 ? [] : [...problems, JSON.stringify(seen)] };
  });
}

/** What the client must see: of each request in turn. Undefined: anything but an answer of the destination. */
function wantedAnswers({ one, send }: Sent): (string | undefined)[] {
  const first = one.answer ?? (one.want === "allow" ? "pass" : undefined);
  return [first, ...(send.requests ?? []).map(({ answer }) => answer)];
}

function answerProblems(sent: Sent, { answer, exchanges }: Observed): string[] {
  return wantedAnswers(sent).flatMap((wanted, i) => {
    const got = exchanges[i]?.answer ?? answer;
    const late = got === "pass" && sent.send.pieces === undefined && (exchanges[i]?.ms ?? 0) > PROMPT_MS;
    return [
      ...(fits(wanted, got, sent) ? [] : [`request ${i}: wanted ${wanted ?? "a denial"}, got ${got}`]),
      ...(late ? [`request ${i} took ${exchanges[i]?.ms} ms`] : []),
    ];
  });
}

function fits(wanted: string | undefined, got: Answer, { one, send }: Sent): boolean {
  if (wanted === undefined) return got !== "pass" && got !== "other";
  // What a client sees of a TCP connection that goes nowhere depends on whether Envoy has read its first bytes.
  if (send.dead && one.want === "allow" && wanted === "reset") return got === "reset" || got === "close";
  return wanted === got;
}

/**
 * Nothing of what is denied may reach the destination, not even a SYN. What is allowed arrives, and is not always
 * seen as a SYN: Envoy may still have a connection to the destination.
 */
function arrivalProblems(sent: Sent, attempts: number, arrived: readonly ConnectionRecord[]): string[] {
  const passes = wantedAnswers(sent).includes("pass");
  if (passes) return []; // the mark in the answer says that it arrived
  if (sent.send.dead && sent.one.want === "allow") return attempts > 0 ? [] : ["no attempt to connect was seen"];
  return [
    ...(attempts > 0 ? [`${attempts} connection attempts reached the destination`] : []),
    ...(arrived.length > 0 ? [`${arrived.length} connections reached the destination`] : []),
  ];
}

/** A denial tells destination and workload, and what to ask. */
function denialProblems(exchange: Exchange, { destination, one }: Sent, workload: string): string[] {
  if (exchange.answer !== "503" && exchange.answer !== "grpc-14") return [];
  const text = exchange.answer === "503" ? (exchange.body ?? "") : decodeURIComponent(exchange.grpcMessage ?? "");
  if (one.connection.kind !== "http") return [];
  const ip = destination.ip.includes(":") ? `[${destination.ip}]` : destination.ip;
  const wanted = [`${ip}:${destination.port}`, workload, "why"];
  const type = exchange.headers?.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  return [
    ...wanted.filter((part) => !text.includes(part)).map((part) => `the denial does not say \`${part}\`: ${text}`),
    ...(exchange.answer === "503" && !type.startsWith("text/plain") ? [`the denial is of type \`${type}\``] : []),
  ];
}

function contentProblems(arrives: Arrives, records: readonly ConnectionRecord[]): string[] {
  const arrived = records.flatMap(({ requests }) => requests)[0];
  if (arrived === undefined) return ["no request is recorded at the destination"];
  const value = (name: string): string | undefined => arrived.headers.find(([n]) => n === name)?.[1];
  const host = value(arrived.version === "2" ? ":authority" : "Host") ?? value("host");
  const facts: [what: string, wanted: string | undefined, got: string | undefined][] = [
    ["version", arrives.version, arrived.version],
    ["method", arrives.method, arrived.method],
    ["target", arrives.target, arrived.target],
    ["host", arrives.host, host],
    ...Object.entries(arrives.headers ?? {}).map(([name, wanted]): [string, string, string | undefined] => [
      `header ${name}`,
      wanted,
      value(name),
    ]),
  ];
  return facts
    .filter(([, wanted, got]) => wanted !== undefined && wanted !== got)
    .map(([what, wanted, got]) => `${what}: wanted \`${wanted}\` to arrive, got \`${got}\``);
}
