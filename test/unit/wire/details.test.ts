import { describe, expect, it } from "vitest";
import { Code } from "../../../src/core/code.js";
import { HeliographError } from "../../../src/core/error.js";
import { detail, findDetails } from "../../../src/wire/details.js";
import { Small, SmallAsSeenByOthers } from "../../gen/heliograph/test/v1/codec.js";
import { errorOf } from "./payload.js";

describe("detail", () => {
  it("makes a detail that findDetails reads, in order and by type", () => {
    const details = [
      detail(Small, { name: "a" }),
      detail(SmallAsSeenByOthers, { name: 5 }),
      detail(Small, { count: 2 }),
    ];
    const error = new HeliographError(Code.NotFound, "nobody", { details });
    expect(findDetails(error, Small)).toEqual([
      { name: "a", count: 0 },
      { name: "", count: 2 },
    ]);
    expect(findDetails(error, SmallAsSeenByOthers)).toEqual([{ name: 5, count: "" }]);
    expect(details[0]).toEqual({ type: "heliograph.test.v1.Small", value: Uint8Array.of(0x0a, 1, 0x61) });
    expect(details[0]!.value.buffer.byteLength).toBe(3);
  });

  it("refuses a wrong type", () => {
    const error = errorOf(() => detail(Small, { name: 5 as never }));
    expect(error.rawMessage).toBe("a detail of type heliograph.test.v1.Small: expected a string, got 5");
    expect(detail(Small, {}).value).toHaveLength(0);
  });
});

describe("findDetails", () => {
  it("leaves out what is damaged", () => {
    const damaged = { type: Small.$type, value: Uint8Array.of(0x0a, 9) };
    const error = new HeliographError(Code.NotFound, "nobody", {
      details: [damaged, detail(Small, { count: 1 })],
    });
    expect(findDetails(error, Small)).toEqual([{ name: "", count: 1 }]);
  });
});
