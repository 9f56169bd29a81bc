import type { AssertionSuite, StatementSuite } from "../assert/index.ts";
import type { Diagnostic } from "../diagnostics/index.ts";
import type { Selection } from "../match/index.ts";
import type { KumaRule } from "../merge/index.ts";
import type { Dataplane, EffectivePolicy, Form, MeshPassthrough } from "../model/index.ts";
import type { Located } from "../text/index.ts";
import type { Compatibility, KumaVerdict } from "../validate/index.ts";

/** One text and the name that diagnostics call it by. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
}

/** Where and when the texts count as written. */
export interface CheckOptions {
  /** Default `kuma-system`. */
  readonly systemNamespace?: string;
  /** The zone of the control plane; absent for files on their own. */
  readonly zone?: string;
  /** `kuma.io/env` where there is a zone; absent: the form of each resource. */
  readonly environment?: Form;
  /** The resources exist already: names that could not be given any more are warnings. Default false. */
  readonly exists?: boolean;
  /**
   * Which language is accepted. At `kuma-2.9` Kuma's verdict decides, and errors that only this project reports are
   * warnings; what Kuma accepts and has no meaning here is in no list. Default `documented`.
   */
  readonly compatibility?: Compatibility;
  /** Which files hold assertions, not resources. Default: by name, `*.test.yaml`. */
  readonly isAssertions?: (file: string) => boolean;
}

/** What one proxy enforces, and which policies had a say. */
export interface CheckedProxy {
  readonly dataplane: Dataplane;
  readonly effective: EffectivePolicy;
  /** Every policy of the set, whether it selects the proxy or not, in the order of the texts. */
  readonly policies: readonly { readonly policy: MeshPassthrough; readonly selection: Selection }[];
  /** At the level `kuma-2.9`: the same by Kuma's rules. What a rule means is not among them: `effective` is as always. */
  readonly kuma?: KumaProxy;
}

/** Selection and merging by Kuma 2.9.13. */
export interface KumaProxy {
  /** Those that select the proxy there, lowest precedence first. */
  readonly selected: readonly MeshPassthrough[];
  /** What they are merged to; absent where none selects the proxy. */
  readonly merged?: KumaRule;
}

/** A suite of a test file with the proxy that it is about. */
export interface CheckedSuite {
  readonly suite: AssertionSuite;
  readonly proxy: CheckedProxy;
}

/** What Kuma 2.9.13 says of one document. */
export interface KumaFinding {
  readonly file: string;
  /** Where the document starts, from 1. */
  readonly line?: number;
  readonly resource?: string;
  readonly verdict: KumaVerdict;
}

/** The statements of a test file with all the proxies that they could be about. */
export interface CheckedStatements {
  readonly suite: StatementSuite;
  readonly proxies: readonly CheckedProxy[];
}

/** All that {@link check} finds. */
export interface Checked {
  /** Those without errors, labels computed, in the order of the texts. */
  readonly resources: readonly Located[];
  readonly proxies: readonly CheckedProxy[];
  /** Of `*.test.yaml` files; a suite whose proxy is not found is left out, with an error. */
  readonly suites: readonly CheckedSuite[];
  /** Of `*.test.yaml` files. */
  readonly statements: readonly CheckedStatements[];
  /** At the level `kuma-2.9`: a verdict on every document of a type that is ours, in the order of the texts. */
  readonly kuma?: readonly KumaFinding[];
  /** Sorted by file, line and column. */
  readonly diagnostics: readonly Diagnostic[];
}
