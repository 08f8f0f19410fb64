import type { Announcement } from "../../naming/instance.js";
import { printable } from "../output/printable.js";

/** How many letters of an instance are shown: enough to tell those of one name apart. */
const SHORT = 8;

/** An instance as tables show it; any beginning that belongs to one instance alone is understood. */
export function shortInstance(instance: string): string {
  return instance.slice(0, SHORT);
}

/** How messages name an instance: `greeter (3f2a9c1b)`. Nothing in it that a terminal takes for commands. */
export function nameOf({ node, instance, endpoints }: Announcement): string {
  const name = node === "" ? (endpoints[0] ?? "a node") : node;
  return printable(instance === "" ? name : `${name} (${shortInstance(instance)})`);
}
