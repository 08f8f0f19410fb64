import { describe, expect, test } from "vitest";
import { findTopicName } from "../../../../src/cli/reflect/topic-name.js";

const names = ["a.v1.RobotService/Temperature", "a.v1.RobotService/Pose", "b.v1.LampService/Pose"];

describe("findTopicName", () => {
  test.each([
    ["a.v1.RobotService/Temperature", "a.v1.RobotService/Temperature"],
    ["Robot/Temperature", "a.v1.RobotService/Temperature"],
    ["robotservice/temperature", "a.v1.RobotService/Temperature"],
    ["Temperature", "a.v1.RobotService/Temperature"],
    ["Lamp/Pose", "b.v1.LampService/Pose"],
  ])("finds %s", (wanted, name) => {
    expect(findTopicName(wanted, names)).toEqual({ kind: "one", name });
  });

  test("says which it may be", () => {
    expect(findTopicName("pose", names)).toEqual({ kind: "several", candidates: names.slice(1) });
  });

  test("says what it is like", () => {
    expect(findTopicName("Temperatura", names)).toEqual({ kind: "none", candidates: [names[0]] });
    expect(findTopicName("Robot/State", names)).toEqual({ kind: "none", candidates: [] });
  });
});
