/** Side by side, since most of their time is spent waiting. */
import { afterAll, beforeAll, describe, test } from "vitest";
import { canMakeNetworks } from "../../support/networks.js";
import { scaled } from "../../support/soak.js";
import { partitions } from "./partitions.js";
import { registryAway } from "./registry-away.js";
import { Scene } from "./scene.js";
import { callerStops, isBlocked, type SilentCast, silentCast, stopsAndGoesOn } from "./silent.js";
import { twoNetworks } from "./two-networks.js";

const TIMEOUT_MS = scaled(90_000, 900_000);

describe.concurrent("calls go on", () => {
  test(
    "while a registry is stopped, killed, absent and back; and who began meanwhile is found within an interval",
    registryAway,
    TIMEOUT_MS,
  );
  test(
    "while nodes are parted from the registry, from who calls them and from both; and no ghost is left of that",
    partitions,
    TIMEOUT_MS,
  );
  if (canMakeNetworks())
    test("when networks were parted; and no ghost is left of that", twoNetworks, TIMEOUT_MS);
  else
    console.info("two networks: left out, as `ip netns add` is not allowed here; parted links hold the same");

  describe("and an instance that is silent", () => {
    const scene = new Scene();
    let cast: SilentCast;
    beforeAll(async () => {
      cast = await silentCast(scene);
    });
    afterAll(() => scene[Symbol.asyncDispose]());

    test(
      "is suspect within 2 intervals and dead within 3 when its process is stopped, and called again when it goes on",
      () => stopsAndGoesOn(cast),
      TIMEOUT_MS,
    );
    test(
      "is stalled within 2 intervals when its loop is blocked: it keeps place and sessions, and gets no calls until it is back",
      () => isBlocked(cast),
      TIMEOUT_MS,
    );
    test("is not taken for dead by who was stopped itself", () => callerStops(cast), TIMEOUT_MS);
  });
});
