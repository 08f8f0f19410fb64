import { type ConnectFlags, connectSettings } from "./connect-options.js";
import type { Listing } from "./lookup/known-instance.js";
import type { Lookup } from "./lookup/lookup.js";
import type { Target } from "./lookup/target.js";
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

/**
 * Does something with what a name on the command line stands for. A name that is an endpoint is asked itself.
 *
 * @throws Failure when nothing has that name, or nobody could be asked
 */
export function withTarget<T>(
  name: string | undefined,
  flags: ConnectFlags,
  terminal: Terminal,
  use: (target: Target, lookup: Lookup) => Promise<T>,
): Promise<T> {
  const isEndpoint = name?.includes("://") === true;
  const { registry: _, ...rest } = flags;
  const looked = isEndpoint ? { ...rest, endpoint: [name] } : flags;
  return withLookup(looked, terminal, async (lookup) => {
    const listing = await lookup.list();
    noteSilent(listing, terminal);
    return use(lookup.find(listing, isEndpoint ? undefined : name), lookup);
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
