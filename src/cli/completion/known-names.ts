import { connectSettings } from "../connect-options.js";
import type { Terminal } from "../output/terminal.js";
import type { Candidate, Completion } from "./complete-words.js";

/** Names that a shell takes as they are: what it completes to, it may run. */
const SAFE = /^[\w.-]+$/;
/** A shell waits. */
const TIMEOUT_MS = 400;

/** The names of services and nodes that the registries know, as far as they answer at once. Never rejects. */
export async function knownNames(
  { names, given }: Completion,
  word: string,
  terminal: Terminal,
): Promise<readonly Candidate[]> {
  try {
    const endpoint = given.get("endpoint");
    const registry = given.get("registry");
    const flags = {
      timeoutMs: TIMEOUT_MS,
      remote: given.has("remote"),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(registry === undefined ? {} : { registry }),
    };
    const settings = connectSettings(flags, terminal.env);
    const [{ Lookup }, { servicesOf }] = await Promise.all([
      import("../lookup/lookup.js"),
      import("../lookup/target.js"),
    ]);
    const lookup = new Lookup(settings);
    try {
      const { instances } = await lookup.survey();
      const nodes = names === "services" ? [] : [...new Set(instances.map(({ node }) => node))];
      return [
        ...nodes.map((name) => ({ word: name, description: "node" })),
        ...servicesOf(instances).map((name) => ({ word: name, description: "service" })),
      ].filter((each) => SAFE.test(each.word) && each.word.startsWith(word));
    } finally {
      await lookup[Symbol.asyncDispose]();
    }
  } catch {
    // Who completes a word is told nothing of registries.
    return [];
  }
}
