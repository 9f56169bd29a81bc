import { describe, expect, test } from "vitest";
import { dataplane, effective, matched, meta } from "../../../test/laws/builders.ts";
import type { EffectivePolicy } from "../model/index.ts";
import {
  diffProxies,
  groupNotes,
  groupTitle,
  type ProxyPolicy,
  renderDiffCount,
  renderDiffMarkdown,
  viewDiff,
} from "./index.ts";

const proxy = (name: string, policy: EffectivePolicy, mesh = "default"): ProxyPolicy => ({
  effective: policy,
  dataplane: dataplane({ meta: meta(name, { mesh }) }),
});
const OLD = [proxy("a", matched("IP 192.0.2.1 tcp 443")), proxy("b", matched()), proxy("gone", effective("None", []))];
const NEW = [proxy("a", matched("Domain *.a.test tls 443")), proxy("b", matched()), proxy("new", effective("All", []))];

describe("rendering", () => {
  test("Markdown: a heading for each group, a row for each class", () => {
    expect(
      renderDiffMarkdown(diffProxies(OLD, NEW)),
    ).toBe(`**Egress:** 1 of 2 proxies changes its egress, 1 is removed, 1 is added

#### a (mesh default)

| | connections | for example |
|---|---|---|
| ✅ newly allowed | TLS on port 443 to \\*.a.test at any address except 192.0.2.1 | \`tls://www.a.test:443@203.0.113.10\` |
| ⛔ newly denied | any traffic on port 443 to 192.0.2.1; except TLS on port 443 to \\*.a.test | \`tls://example.net:443@192.0.2.1\` |

#### gone (mesh default)

removed

#### new (mesh default)

new: all that may leave it is listed

| | connections | for example |
|---|---|---|
| ✅ allowed | any traffic on any port to anywhere | \`tls://example.net:8443@203.0.113.10\` |
`);
  });

  test("no difference in one line", () => {
    expect(renderDiffMarkdown(diffProxies(OLD, OLD))).toBe(
      "**Egress:** no difference: all 3 proxies keep their egress\n",
    );
    expect(renderDiffCount(diffProxies(OLD.slice(0, 1), OLD.slice(0, 1)))).toBe(
      "no difference: the one proxy keeps its egress",
    );
  });

  test("a title names the mesh once, and counts what is too long", () => {
    const one = matched("IP 192.0.2.1 tcp 443");
    const [group] = diffProxies([], [proxy("x", one), proxy("y", one), proxy("x", one, "m2")]).groups;
    if (group === undefined) throw new Error("there is a group");
    expect(groupTitle(group)).toBe("x, y (mesh default), x (mesh m2)");
    expect(groupTitle(group, 1)).toBe("x and 1 more (mesh default), x (mesh m2)");
  });

  test("notes say what becomes of enforcement", () => {
    const on = effective("None", []);
    const off = (not: "builtin gateway" | "no transparent proxy"): EffectivePolicy => ({ ...on, enforced: { not } });
    const notes = (a: EffectivePolicy | undefined, b: EffectivePolicy | undefined) =>
      diffProxies(a === undefined ? [] : [proxy("a", a)], b === undefined ? [] : [proxy("a", b)]).groups.flatMap(
        groupNotes,
      );
    expect(notes(on, off("builtin gateway"))).toEqual(["enforcement ends: builtin gateway"]);
    expect(notes(off("builtin gateway"), on)).toEqual(["enforcement begins"]);
    expect(notes(off("builtin gateway"), off("no transparent proxy"))).toEqual([
      "still not enforced, now: no transparent proxy",
    ]);
    expect(notes(undefined, off("builtin gateway"))).toEqual([
      "new: all that may leave it is listed",
      "nothing is enforced on it: builtin gateway",
    ]);
  });

  test("JSON has classes in parts, and their witness as text", () => {
    const view = viewDiff(diffProxies(OLD, NEW));
    expect(view).toMatchObject({ differs: true, unchanged: 1 });
    expect(view.groups[0]?.denied).toEqual([
      {
        text: "any traffic on port 443 to 192.0.2.1; except TLS on port 443 to *.a.test",
        traffic: ["tls", "http1", "http2", "grpc", "opaque"],
        ports: { only: [443] },
        addresses: { blocks: [{ block: "192.0.2.1/32", except: [] }] },
        names: [{ kind: "none" }, { kind: "ill-formed" }, { kind: "below", rest: "", except: [] }],
        except: [expect.objectContaining({ traffic: ["tls"], text: "TLS on port 443 to *.a.test at 192.0.2.1" })],
        witness: "tls://example.net:443@192.0.2.1",
      },
    ]);
    expect(JSON.parse(JSON.stringify(view))).toEqual(view);
  });
});
