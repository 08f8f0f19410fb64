import { payloadBytes } from "../driver/payload.js";
import type { SelectedRace } from "./arguments.js";
import { cases } from "./cases.js";
import { RunningContender } from "./contender.js";
import type { Field } from "./field.js";
import { type Figures, ratio, summarize } from "./figures.js";
import { progress } from "./output.js";
import type { Plan } from "./plan.js";
import type { Missing, Resident, Row } from "./row.js";

/**
 * Runs a case: starts every contender's programs once, then for each setting warms them up and
 * lets them take turns (A B C A B C …) for the plan's rounds. Yields a row for each setting;
 * a failed call makes it a row with the failure, which is the case's last.
 */
export async function* race(
  { name, inFlight }: SelectedRace,
  field: Field,
  plan: Plan,
): AsyncGenerator<Row, void> {
  const running: RunningContender[] = [];
  let setting = inFlight[0]!;
  try {
    for (const contender of [field.ours, ...field.others]) {
      if (!("missing" in contender)) running.push(await RunningContender.start(contender));
    }
    for (const [index, calls] of inFlight.entries()) {
      setting = calls;
      const warmUp = index === 0 ? plan.firstWarmUpSeconds : plan.warmUpSeconds;
      for (const contender of running) await contender.round(name, calls, warmUp);
      const values = running.map((): number[] => []);
      for (let round = 1; round <= plan.rounds; round++) {
        progress(`${name}, ${calls} in flight: round ${round} of ${plan.rounds}`);
        for (const [i, contender] of running.entries()) {
          values[i]!.push(await contender.round(name, calls, plan.roundSeconds));
        }
      }
      const figures = new Map(running.map((contender, i) => [contender.name, summarize(values[i]!)]));
      const row = { case: name, inFlight: calls, bytes: payloadBytes, ...compare(field, figures) };
      yield cases[name].kind === "unread" ? { ...row, rss: await residentOf(running) } : row;
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    yield { case: name, inFlight: setting, bytes: payloadBytes, error: message };
  } finally {
    for (const contender of running) await contender[Symbol.asyncDispose]();
  }
}

function compare({ ours, others }: Field, figures: ReadonlyMap<string, Figures>) {
  const own = figures.get(ours.name)!;
  const peers: Record<string, Figures | Missing> = {};
  const ratios: Record<string, number> = {};
  for (const entrant of others) {
    if ("missing" in entrant) {
      peers[entrant.name] = { missing: entrant.missing };
    } else {
      const theirs = figures.get(entrant.name)!;
      peers[entrant.name] = theirs;
      ratios[entrant.name] = ratio(own, theirs);
    }
  }
  return { ours: own, peers, ratio: ratios };
}

async function residentOf(running: readonly RunningContender[]): Promise<Record<string, Resident>> {
  const resident: Record<string, Resident> = {};
  for (const contender of running) resident[contender.name] = await contender.rss();
  return resident;
}
