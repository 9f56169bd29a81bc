import "../../src/policy/space/addresses.test.ts";
import "../../src/policy/space/breadth.test.ts";
import "../../src/policy/space/class-text.test.ts";
import "../../src/policy/space/classes.test.ts";
import "../../src/policy/space/intervals.test.ts";
import "../../src/policy/space/names.test.ts";
import "../../src/policy/space/of-policy.test.ts";
import "../../src/policy/space/space.test.ts";
