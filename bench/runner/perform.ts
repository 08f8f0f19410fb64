import { buildRival } from "./against.js";
import { help, type Options, type RunOptions } from "./arguments.js";
import { cases, countedBy, ownNames, type RaceName, raceNames } from "./cases.js";
import { beside, besideCommit, type Field } from "./field.js";
import { progress, result } from "./output.js";
import { describeOwn, measureOwn, type OwnRow } from "./own.js";
import { type PeerName, peerNames, peers } from "./peers.js";
import { planRounds } from "./plan.js";
import { race } from "./race.js";
import { describeRow, type Row } from "./row.js";
import { setUp } from "./setup.js";
import { writeTable } from "./table.js";

/** Does what the command line asks for; gives the exit status. */
export async function perform(options: Options): Promise<number> {
  switch (options.command) {
    case "help":
      result(help.trimEnd());
      return 0;
    case "list":
      result(list());
      return 0;
    case "setup":
      return await setUpAll();
    case "run":
      return options.against === undefined
        ? await runBeside(options)
        : await runAgainst(options, options.against);
  }
}

function list(): string {
  const entry = (name: string, summary: string) => `  ${name.padEnd(16)}${summary}`;
  const race = (name: RaceName) =>
    entry(name, `${cases[name].summary} (${countedBy(name)}: ${cases[name].inFlight.join(", ")})`);
  return [
    "cases",
    ...raceNames.map(race),
    ...ownNames.map((name) => entry(name, cases[name].summary)),
    "peers",
    ...peerNames.map((name) => entry(name, peers[name].summary)),
  ].join("\n");
}

async function setUpAll(): Promise<number> {
  const obstacles = await setUp(peerNames, { again: true });
  for (const name of peerNames) result(`${name}: ${obstacles.get(name) ?? "ready"}`);
  return obstacles.size === 0 ? 0 : 1;
}

async function runBeside(options: RunOptions): Promise<number> {
  const obstacles = await setUp(
    options.peers.filter((peer) => options.races.some(({ name }) => races(name, peer))),
  );
  const rows = await runRaces(options, (name) => beside(name, options.peers, obstacles));
  const own: OwnRow[] = [];
  for (const name of options.own) {
    for await (const row of measureOwn(name, options)) {
      own.push(row);
      print(options, row, describeOwn);
    }
  }
  if (options.everything && !options.quick && options.own.length > 0) {
    writeTable(rows, own);
    progress("wrote bench/README.md");
  }
  return status(rows);
}

function races(name: RaceName, peer: PeerName): boolean {
  const found = cases[name];
  return "peers" in found && found.peers.includes(peer);
}

async function runAgainst(options: RunOptions, revision: string): Promise<number> {
  const rival = await buildRival(revision);
  try {
    await setUp([]);
    return status(await runRaces(options, (name) => besideCommit(name, rival, revision)));
  } finally {
    await rival[Symbol.asyncDispose]();
  }
}

async function runRaces(options: RunOptions, fieldOf: (name: RaceName) => Field): Promise<Row[]> {
  const fields = options.races.map((selected) => ({ selected, field: fieldOf(selected.name) }));
  const plan = planRounds(
    options,
    fields.map(({ selected, field }) => ({
      rows: selected.inFlight.length,
      contenders: contendersOf(field),
    })),
  );
  const rows: Row[] = [];
  for (const { selected, field } of fields) {
    for await (const row of race(selected, field, plan)) {
      rows.push(row);
      print(options, row, describeRow);
    }
  }
  return rows;
}

function contendersOf({ others }: Field): number {
  return 1 + others.filter((other) => !("missing" in other)).length;
}

function print<T extends object>({ json }: RunOptions, row: T, describe: (row: T) => string): void {
  result(json ? JSON.stringify(row) : describe(row));
}

function status(rows: readonly Row[]): number {
  return rows.some((row) => "error" in row) ? 1 : 0;
}
