import { expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../control-plane/index.ts";
import { CONTROL_PLANE_DEFAULTS } from "./control-plane.ts";

test("help tells the control plane's own defaults", () => {
  expect(CONTROL_PLANE_DEFAULTS).toEqual(DEFAULT_SETTINGS);
});
