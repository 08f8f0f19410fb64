import type { SelectedRace } from "./arguments.js";
import { bytesOf, cases, countedBy } from "./cases.js";
import { type Contender, RunningContender } from "./contender.js";
import type { Field } from "./field.js";
import { type Figures, ratio, summarize } from "./figures.js";
import { progress } from "./output.js";
import type { Plan } from "./plan.js";
import type { Comparison, Missing, Resident, Row } from "./row.js";
import type { RoundFigure, Running } from "./running.js";
import { RunningTopic } from "./running-topic.js";

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
  const running: Running[] = [];
  const bytes = bytesOf(name);
  let setting = inFlight[0]!;
  try {
    for (const contender of [field.ours, ...field.others]) {
      if (!("missing" in contender)) running.push(await start(contender));
    }
    for (const [index, calls] of inFlight.entries()) {
      setting = calls;
      const warmUp = index === 0 ? plan.firstWarmUpSeconds : plan.warmUpSeconds;
      for (const contender of running) await contender.round(name, calls, warmUp);
      const values = running.map((): RoundFigure[] => []);
      for (let round = 1; round <= plan.rounds; round++) {
        progress(`${name}, ${calls} ${countedBy(name)}: round ${round} of ${plan.rounds}`);
        for (const [i, contender] of running.entries()) {
          values[i]!.push(await contender.round(name, calls, plan.roundSeconds));
        }
      }
      const compared = (of: (figure: RoundFigure) => number) =>
        compare(field, new Map(running.map(({ name }, i) => [name, summarize(values[i]!.map(of))])));
      const row = { case: name, inFlight: calls, bytes, ...compared(({ value }) => value) };
      const timed = values.flat().every(({ p99us }) => p99us !== undefined);
      const p99 = timed ? { p99: compared(({ p99us }) => p99us ?? 0) } : {};
      const rss = cases[name].kind === "unread" ? { rss: await residentOf(running) } : {};
      yield { ...row, ...p99, ...rss };
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    yield { case: name, inFlight: setting, bytes, error: message };
  } finally {
    for (const contender of running) await contender[Symbol.asyncDispose]();
  }
}

async function start(contender: Contender): Promise<Running> {
  const { topic } = contender;
  return topic === undefined
    ? await RunningContender.start(contender)
    : await RunningTopic.start(contender, topic);
}

function compare({ ours, others }: Field, figures: ReadonlyMap<string, Figures>): Comparison {
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

async function residentOf(running: readonly Running[]): Promise<Record<string, Resident>> {
  const resident: Record<string, Resident> = {};
  for (const contender of running) {
    const takes = await contender.rss?.();
    if (takes !== undefined) resident[contender.name] = takes;
  }
  return resident;
}
