import { describe, expect, test } from "vitest";
import { closestNames } from "../../../src/core/closest-names.js";

describe("closestNames", () => {
  const names = ["Greet", "Great", "Count", "Chat", "GreetAll"];

  test("gives those that are few letters away, the closest first", () => {
    expect(closestNames("Gret", names)).toEqual(["Great", "Greet"]);
    expect(closestNames("Greeet", names)).toEqual(["Greet", "Great"]);
  });

  test("takes two letters that were swapped for one slip, and letters of another case for none", () => {
    expect(closestNames("Cuont", names)).toEqual(["Count"]);
    expect(closestNames("count", names)).toEqual(["Count"]);
  });

  test("has nothing for a name that is unlike all others, or for none", () => {
    expect(closestNames("Temperature", names)).toEqual([]);
    expect(closestNames("", names)).toEqual([]);
  });

  test("gives no more than asked for, those as close by name", () => {
    expect(closestNames("item", ["item4", "item2", "item3", "item1"])).toEqual(["item1", "item2", "item3"]);
    expect(closestNames("item", ["item2", "item1"], 1)).toEqual(["item1"]);
  });
});
