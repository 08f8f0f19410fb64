import { connectSettings } from "../connect-options.js";
import type { KnownInstance } from "../lookup/known-instance.js";
import { isLiving } from "../lookup/left-out.js";
import type { Lookup } from "../lookup/lookup.js";
import { serviceRows } from "../lookup/service-rows.js";
import { servicesOf, topicsOf } from "../lookup/target.js";
import type { Terminal } from "../output/terminal.js";
import type { Candidate, Completion } from "./complete-words.js";

/** Names that a shell takes as they are: what it completes to, it may run. */
const SAFE = /^[\w./-]+$/;
/** A shell waits. */
const TIMEOUT_MS = 400;

/** The names of methods, topics, services and nodes that the registries know, as far as they answer at once. Never rejects. */
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
    const { Lookup } = await import("../lookup/lookup.js");
    const lookup = new Lookup(settings);
    try {
      const { instances } = await lookup.survey();
      const found =
        names === "methods"
          ? await methods(instances, lookup)
          : names === "topics"
            ? topicsOf(instances).map((word) => ({ word, description: "topic" }))
            : servicesAndNodes(instances, names);
      return found.filter((each) => SAFE.test(each.word) && each.word.startsWith(word));
    } finally {
      await lookup[Symbol.asyncDispose]();
    }
  } catch {
    // Who completes a word is told nothing of registries.
    return [];
  }
}

function servicesAndNodes(instances: readonly KnownInstance[], names: Completion["names"]): Candidate[] {
  const nodes = names === "services" ? [] : [...new Set(instances.map(({ node }) => node))];
  return [
    ...nodes.map((word) => ({ word, description: "node" })),
    ...servicesOf(instances).map((word) => ({ word, description: "service" })),
  ];
}

async function methods(instances: readonly KnownInstance[], lookup: Lookup): Promise<Candidate[]> {
  const { listMembers } = await import("../lookup/member-rows.js");
  const { found } = await listMembers("methods", serviceRows(instances.filter(isLiving)), lookup);
  return found.map(({ service, name, member }) => ({ word: `${service}/${name}`, description: member.kind }));
}
