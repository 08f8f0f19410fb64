import { expect } from "vitest";
import { Lateness } from "../../support/lateness.js";
import { makeNetworks, type Way } from "../../support/networks.js";
import { Random } from "../../support/random.js";
import { scaled, soaking } from "../../support/soak.js";
import type { NodeProcess } from "./node-process.js";
import { pass } from "./pass.js";
import { Scene } from "./scene.js";
import { steadyMs } from "./steady-time.js";

const INTERVAL_MS = 1_000;
/**
 * What TCP may add: a heartbeat that was lost, and the end of the process behind it, arrive with the next retry. A machine
 * that is busy adds to that.
 */
const SLACK_MS = 2_000;
const SEED = 5;
const ways: readonly (readonly Way[])[] = [["there", "back"], ["there"], ["back"]];

/** Waits until a process knows these and nobody else. */
async function untilKnown(asking: NodeProcess, registries: readonly string[], instances: readonly string[]) {
  const began = steadyMs();
  const wanted = `${[...instances].sort()}`;
  let known = "";
  while (known !== wanted) {
    expect(steadyMs() - began, `known: ${known}; there: ${wanted}`).toBeLessThan(15_000);
    known = `${[...(await asking.tell.list({ registries, remote: true }))].sort()}`;
    if (known !== wanted) await pass(20);
  }
  return steadyMs() - began;
}

/** Servers in one network; the registry, and who calls them, in another one. */
export async function twoNetworks(): Promise<void> {
  await using scene = new Scene();
  const networks = scene.own(await makeNetworks());
  const [near, far] = networks.inside;
  const random = new Random(SEED);
  const parts = soaking ? [...ways, ...ways, ...ways] : [random.pick(ways)];
  const [home, lasting, ...doomed] = await Promise.all([
    scene.process(near),
    scene.process(far),
    ...parts.map(() => scene.process(far)),
  ]);
  const { endpoint } = await home.tell.registry({
    endpoint: `tcp://${networks.addresses[0]}:*`,
    heartbeatMs: INTERVAL_MS,
    remote: true,
  });
  const registries = [endpoint];
  const away = { registries, endpoint: "tcp://0.0.0.0:*", remote: true };
  const { instance } = await lasting.tell.serve({ name: "lasting", ...away });
  await home.tell.call({ registries, perSecond: 200, remote: true });

  for (const [round, held] of parts.entries()) {
    const victim = doomed[round] ?? lasting;
    const { instance: other } = await victim.tell.serve({ name: "doomed", ...away });
    await untilKnown(home, registries, [instance, other]);
    const lengthMs = scaled(2_000, 1_000 + random.below(59_000));
    await networks.part(...held);
    await pass(lengthMs / 2);
    await victim.signal("SIGKILL");
    await pass(lengthMs / 2);
    using late = new Lateness();
    const before = await home.tell.tally();
    await networks.heal();
    const whole = await untilKnown(home, registries, [instance]);
    const healedAt = steadyMs() - whole;
    let tally = before;
    while ((tally.by["lasting"] ?? 0) < (before.by["lasting"] ?? 0) + 200) tally = await home.tell.tally();
    console.info(
      `two networks parted (${held.join(", ")}) for ${lengthMs} ms: all known, and no other, ${whole.toFixed()} ms after it ` +
        `healed; called again after ${(steadyMs() - healedAt).toFixed()} ms; ${tally.failed.length} calls failed`,
    );
    expect(whole).toBeLessThan(3 * INTERVAL_MS + SLACK_MS + late.ms);
  }
}
