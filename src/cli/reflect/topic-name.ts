import { closestNames } from "../../core/closest-names.js";
import { type FoundService, findServiceName } from "./service-name.js";

/**
 * Finds a topic among names `package.Service/Topic`: by its full name; by `Service/Topic`, where the service may be
 * shortened as `findServiceName` has it; or by what stands after the slash, whatever the case of its letters.
 */
export function findTopicName(wanted: string, names: readonly string[]): FoundService {
  const [first = "", second] = wanted.split("/");
  const fits = (name: string, topic: string) =>
    name.slice(name.indexOf("/") + 1).toLowerCase() === topic.toLowerCase();
  const found = names.includes(wanted)
    ? [wanted]
    : second === undefined
      ? names.filter((name) => fits(name, first))
      : names.filter((name) => fits(name, second) && isServiceOf(name, first, names));
  const [name, ...others] = found;
  if (name === undefined) return { kind: "none", candidates: similar(wanted, names) };
  return others.length === 0 ? { kind: "one", name } : { kind: "several", candidates: found };
}

/** Whether `wanted` means the service of this topic, or may mean it beside others. */
function isServiceOf(name: string, wanted: string, names: readonly string[]): boolean {
  const own = serviceOf(name);
  const found = findServiceName(wanted, [...new Set(names.map(serviceOf))]);
  return found.kind === "one"
    ? found.name === own
    : found.kind === "several" && found.candidates.includes(own);
}

function serviceOf(name: string): string {
  return name.slice(0, name.indexOf("/"));
}

function similar(wanted: string, names: readonly string[]): string[] {
  const short = new Map(
    names.flatMap((name): [string, string][] => [
      [name, name],
      [name.slice(name.lastIndexOf(".") + 1), name],
      [name.slice(name.indexOf("/") + 1), name],
    ]),
  );
  return [...new Set(closestNames(wanted, short.keys(), 6).flatMap((each) => short.get(each) ?? []))].slice(
    0,
    3,
  );
}
