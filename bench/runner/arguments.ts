import { parseArgs } from "node:util";
import {
  type CaseName,
  caseNames,
  cases,
  type OwnName,
  ownNames,
  type RaceName,
  raceNames,
} from "./cases.js";
import { type PeerName, peerNames } from "./peers.js";

/** Arguments that mean nothing; the message is for the user, the exit status 2. */
export class UsageError extends Error {}

/** A race, and the calls in flight, or streams at a time, of each of its rows. */
export interface SelectedRace {
  readonly name: RaceName;
  readonly inFlight: readonly number[];
}

/** What a run is to do. */
export interface RunOptions {
  readonly command: "run";
  readonly races: readonly SelectedRace[];
  /** Cases that are no races. */
  readonly own: readonly OwnName[];
  /** Whether no case was named, so that the whole table is made. */
  readonly everything: boolean;
  readonly peers: readonly PeerName[];
  readonly quick: boolean;
  readonly json: boolean;
  /** Length of a round, when the user wants his own. */
  readonly seconds: number | undefined;
  /** How many nodes there are, when the user wants his own, in the cases that have networks of nodes. */
  readonly nodes: number | undefined;
  /** The revision to compare with instead of peers. */
  readonly against: string | undefined;
}

export type Options =
  | RunOptions
  | { readonly command: "help" }
  | { readonly command: "list" }
  | { readonly command: "setup" };

export const help = `npm run bench -- [options] [case ...]

  Measures Heliograph beside its peers. A name selects that case alone, a prefix with * several, none all.
  Without --quick the rounds are longer, and with no case named the table in bench/README.md is written.

  --quick          short rounds: a case ends within 50 seconds, once set up
  --in-flight N    one row, with N calls in flight, or N streams at a time, subscribers, or subjects
  --peers A,B      these peers alone
  --seconds S      length of a round
  --nodes N        one row of discovery, or of registry, with N nodes
  --json           one JSON object per row on standard output
  --against REV    this commit against another one of this repository, instead of peers
  --setup          installs and builds what is missing, which every run does for what it needs
  --list           names of the cases and peers
  --help           this text
`;

const LEAST_NODES = 100;

/** Reads the command line. Throws a `UsageError` that quotes what it cannot read. */
export function parseArguments(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  if (values.help) return { command: "help" };
  if (values.list) return { command: "list" };
  if (values.setup) return { command: "setup" };
  if (values.against !== undefined && values.peers !== undefined) {
    throw new UsageError("--against and --peers exclude each other: it is Heliograph against itself");
  }
  const names = selectCases(positionals);
  const races = selectRows(names, values["in-flight"]);
  const nodes = values.nodes === undefined ? undefined : selectNodes(values.nodes, names);
  const own =
    values["in-flight"] === undefined && values.against === undefined
      ? ownNames.filter((name) => names.includes(name))
      : [];
  if (races.length === 0 && own.length === 0)
    throw new UsageError(`${names.join(", ")}: measured with neither --in-flight nor --against`);
  return {
    command: "run",
    races,
    own,
    everything:
      positionals.length === 0 &&
      values["in-flight"] === undefined &&
      values.peers === undefined &&
      nodes === undefined,
    peers: selectPeers(values.peers),
    quick: values.quick,
    json: values.json,
    seconds: values.seconds === undefined ? undefined : positive("--seconds", values.seconds),
    nodes,
    against: values.against,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        setup: { type: "boolean", default: false },
        list: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        "in-flight": { type: "string" },
        peers: { type: "string" },
        seconds: { type: "string" },
        nodes: { type: "string" },
        against: { type: "string" },
      },
    });
  } catch (error) {
    // Node's message goes on about arguments that begin with a dash.
    throw new UsageError(error instanceof Error ? error.message.split(". ")[0]! : String(error));
  }
}

function selectCases(patterns: readonly string[]): readonly CaseName[] {
  if (patterns.length === 0) return caseNames;
  const wanted = new Set<CaseName>();
  for (const pattern of patterns) {
    const matching = caseNames.filter((name) =>
      pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    );
    if (matching.length === 0) {
      throw new UsageError(`no case is called "${pattern}"; there are ${caseNames.join(", ")}`);
    }
    for (const name of matching) wanted.add(name);
  }
  return caseNames.filter((name) => wanted.has(name));
}

function selectRows(names: readonly CaseName[], setting: string | undefined): readonly SelectedRace[] {
  const races = raceNames.filter((name) => names.includes(name));
  if (setting === undefined) return races.map((name) => ({ name, inFlight: cases[name].inFlight }));

  const inFlight = positive("--in-flight", setting);
  if (!Number.isInteger(inFlight)) throw new UsageError(`--in-flight ${setting} is not a whole number`);
  const able = races.filter((name) => cases[name].anyInFlight || cases[name].inFlight.includes(inFlight));
  if (able.length === 0)
    throw new UsageError(`${names.join(", ")} cannot be run with --in-flight ${setting}`);
  return able.map((name) => ({ name, inFlight: [inFlight] }));
}

function selectNodes(setting: string, names: readonly CaseName[]): number {
  const nodes = positive("--nodes", setting);
  if (!Number.isInteger(nodes)) throw new UsageError(`--nodes ${setting} is not a whole number`);
  // Fewer services than a node watches would be another network.
  if (nodes < LEAST_NODES) throw new UsageError(`--nodes ${setting} is below ${LEAST_NODES}`);
  if (!names.some((name) => name === "discovery" || name === "registry"))
    throw new UsageError(`${names.join(", ")} cannot be run with --nodes ${setting}`);
  return nodes;
}

function selectPeers(list: string | undefined): readonly PeerName[] {
  if (list === undefined) return peerNames;
  const wanted = list.split(",");
  for (const name of wanted) {
    if (!peerNames.some((known) => known === name)) {
      throw new UsageError(`no peer is called "${name}"; there are ${peerNames.join(", ")}`);
    }
  }
  return peerNames.filter((name) => wanted.includes(name));
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0 || value > 100_000) {
    throw new UsageError(`${option} ${JSON.stringify(text)} is not a number above 0 and up to 100000`);
  }
  return value;
}
