import { type ConnectFlags, connectSettings } from "./connect-options.js";
import { troubleLines } from "./failure.js";
import type { KnownInstance, Listing } from "./lookup/known-instance.js";
import { leftOutText, livingOf } from "./lookup/left-out.js";
import type { Lookup } from "./lookup/lookup.js";
import type { Reached } from "./lookup/reach.js";
import type { Target } from "./lookup/target.js";
import { printable } from "./output/printable.js";
import type { Terminal } from "./output/terminal.js";

/** Does something with a `Lookup`, which is closed afterwards. Loads what connects only here, for the sake of `--help`. */
export async function withLookup<T>(
  flags: ConnectFlags,
  terminal: Terminal,
  use: (lookup: Lookup) => Promise<T>,
): Promise<T> {
  const settings = connectSettings(flags, terminal.env);
  const { Lookup } = await import("./lookup/lookup.js");
  const lookup = new Lookup(settings);
  try {
    return await use(lookup);
  } finally {
    await lookup[Symbol.asyncDispose]();
  }
}

/** How dead instances are taken that nobody has named. */
export interface DeadPlan {
  /** They are not left out. */
  readonly all: boolean;
  /** What to tell a user who wants them. */
  readonly remedy: string;
}

/** The usual plan, of verbs with `--all`. */
export function deadPlan({ all = false }: { readonly all?: boolean }): DeadPlan {
  return { all, remedy: "--all asks them, too" };
}

/**
 * Does something with what a name on the command line stands for. A name that is an endpoint is asked itself. Dead
 * instances are left out as `livingOf` says, and the user is told.
 *
 * @throws Failure when nothing has that name, or nobody could be asked
 */
export function withTarget<T>(
  name: string | undefined,
  flags: ConnectFlags,
  dead: DeadPlan,
  terminal: Terminal,
  use: (target: Target, lookup: Lookup) => Promise<T>,
): Promise<T> {
  const isEndpoint = name?.includes("://") === true;
  const { registry: _, ...rest } = flags;
  const looked = isEndpoint ? { ...rest, endpoint: [name] } : flags;
  return withLookup(looked, terminal, async (lookup) => {
    const listing = await lookup.list();
    noteSilent(listing, terminal);
    const found = lookup.find(listing, isEndpoint ? undefined : name);
    const { target, leftOut } = dead.all ? { target: found, leftOut: 0 } : livingOf(found);
    if (leftOut > 0) terminal.note(leftOutText(leftOut, dead.remedy));
    return use(target, lookup);
  });
}

/** Says which registries did not answer, where others did. */
export function noteSilent({ registries }: Listing, terminal: Terminal): void {
  for (const { endpoint, error } of registries) {
    if (error === undefined) continue;
    const warning = terminal.noteColours.yellow("warning:");
    terminal.note(`${warning} no registry answers at ${endpoint}: ${error}; this is what the others know`);
  }
}

/** The instances of a target that can be called, each with the way to it. */
export interface Ways {
  readonly reached: readonly { readonly instance: KnownInstance; readonly way: Reached }[];
  /** Some can't be called, by what they say of themselves; the user was told. */
  readonly failed: boolean;
}

/** Where there is no name that asks for them, nodes that only call others are left out. */
export function reachAll({ kind, instances }: Target, lookup: Lookup, terminal: Terminal): Ways {
  const wanted = kind === "all" ? instances.filter(({ endpoints }) => endpoints.length > 0) : instances;
  if (wanted.length === 0) terminal.note("no node listens anywhere; helio ls shows who is there");
  const reached = wanted.flatMap((instance) => {
    try {
      return { instance, way: lookup.reach(instance) };
    } catch (error) {
      for (const line of troubleLines(error)) terminal.note(printable(line));
      return [];
    }
  });
  return { reached, failed: reached.length < wanted.length };
}
