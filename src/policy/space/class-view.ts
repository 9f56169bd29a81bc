import { formatConnection } from "../model/index.ts";
import { formatCidr } from "../net/index.ts";
import { addressClass } from "./address-blocks.ts";
import { renderClass } from "./class-text.ts";
import type { ConnectionClass } from "./classes.ts";
import { type NameClass, nameClasses } from "./names.ts";
import { TRAFFIC, type Traffic } from "./space.ts";

/** A class as JSON output has it: `text` for people, the rest for programs, nothing shortened but the text. */
export interface ClassView {
  readonly text: string;
  readonly traffic: readonly Traffic[];
  readonly ports: { readonly only: readonly number[] } | { readonly except: readonly number[] };
  /** Blocks, each without those of its `except`; `any`: all but those of `except`. */
  readonly addresses:
    | { readonly any: true; readonly except: readonly string[] }
    | { readonly blocks: readonly { readonly block: string; readonly except: readonly string[] }[] };
  /** Of the traffic that can carry them. `below` with `rest` `""`: every name. */
  readonly names: readonly NameClass[];
  /** What it leaves out. */
  readonly except: readonly ClassView[];
  /** One of the connections, as text. */
  readonly witness: string;
}

/** The plain values of a class. */
export function viewClass(one: ConnectionClass): ClassView {
  const addresses = addressClass(one.addresses);
  return {
    text: renderClass(one),
    traffic: TRAFFIC.filter((kind) => one.traffic.includes(kind)),
    ports: one.ports,
    addresses:
      addresses.kind === "blocks"
        ? {
            blocks: addresses.blocks.map(({ block, except }) => ({
              block: formatCidr(block),
              except: except.map(formatCidr),
            })),
          }
        : { any: true, except: addresses.kind === "any" ? [] : addresses.except.map(formatCidr) },
    names: nameClasses(one.names),
    except: (one.except ?? []).map(viewClass),
    witness: formatConnection(one.witness),
  };
}
