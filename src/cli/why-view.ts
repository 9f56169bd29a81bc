import { assertNever } from "../policy/diagnostics/index.ts";
import {
  formatConnection,
  formatPolicyRef,
  type NearMiss,
  type PolicyRef,
  type Reason,
  type Rule,
} from "../policy/model/index.ts";
import { formatIp } from "../policy/net/index.ts";
import { viewClass } from "../policy/space/index.ts";
import type { Why, WhyNames } from "../policy/why/index.ts";

/** The answer of `why` in plain values; rules and policies by the names that every other output gives them. */
export function viewWhy(answer: Why | WhyNames): object {
  if ("example" in answer) return viewNames(answer);
  if (!answer.addressMatters)
    return { verdict: answer.verdict, addressMatters: false, reasons: answer.because.reasons.map(viewReason) };
  const admitting = answer.admitting.map(({ source, value }) => viewRule(source, value));
  if (answer.verdict === "allow") return { verdict: answer.verdict, addressMatters: true, admitting };
  const { ip, because } = answer.elsewhere;
  const elsewhere = { ip: formatIp(ip), verdict: because.kind, reasons: because.reasons.map(viewReason) };
  return { verdict: answer.verdict, addressMatters: true, admitting, elsewhere };
}

function viewNames(answer: WhyNames): object {
  const { verdict, example, because } = answer;
  const admitting = answer.admitting.map(({ source, value }) => viewRule(source, value));
  const one = {
    connection: formatConnection(example),
    verdict: because.kind,
    reasons: because.reasons.map(viewReason),
  };
  if (verdict !== "depends") return { verdict, nameMatters: false, admitting, example: one };
  const classes = { allowed: answer.allowed.map(viewClass), denied: answer.denied.map(viewClass) };
  return { verdict, nameMatters: true, ...classes, admitting, example: one };
}

function viewReason(reason: Reason): object {
  switch (reason.kind) {
    case "not enforced":
      return reason;
    case "mode":
      return { ...reason, source: typeof reason.source === "string" ? reason.source : formatPolicyRef(reason.source) };
    case "rule":
      return { kind: reason.kind, ...viewRule(reason.source, reason.rule) };
    case "no rule admits":
      return { kind: reason.kind, nearest: reason.nearest.map(viewMiss) };
    default:
      return assertNever(reason);
  }
}

const viewMiss = ({ source, rule, differs }: NearMiss): object => ({ ...viewRule(source, rule), differs });

const viewRule = (source: PolicyRef, rule: Rule): object => ({ rule: formatPolicyRef(source), written: rule.written });
