import { closestNames } from "../../core/closest-names.js";

/** What a name of a service on the command line comes to: one service, several, or none with those that it may mean. */
export type FoundService =
  | { readonly kind: "one"; readonly name: string }
  | { readonly kind: "several" | "none"; readonly candidates: readonly string[] };

/**
 * Finds a service by its full name, by the end of it, or by that without `Service`; the case of letters counts only
 * where nothing else tells two apart.
 */
export function findServiceName(wanted: string, names: readonly string[]): FoundService {
  const rules: ((name: string) => boolean)[] = [
    (name) => name === wanted,
    (name) => endsWith(name, wanted),
    (name) => endsWith(name, `${wanted}Service`),
    (name) => endsWith(name.toLowerCase(), wanted.toLowerCase()),
    (name) => endsWith(name.toLowerCase(), `${wanted.toLowerCase()}service`),
  ];
  for (const rule of rules) {
    const [first, ...others] = names.filter(rule);
    if (first === undefined) continue;
    return others.length === 0
      ? { kind: "one", name: first }
      : { kind: "several", candidates: [first, ...others] };
  }
  return { kind: "none", candidates: similar(wanted, names) };
}

/** What else a name may mean, as the end of a sentence; empty when nothing comes to mind. */
export function meant(candidates: readonly string[]): string {
  return candidates.length === 0 ? "" : `; did you mean ${candidates.join(" or ")}?`;
}

function endsWith(name: string, end: string): boolean {
  return name === end || name.endsWith(`.${end}`);
}

function similar(wanted: string, names: readonly string[]): string[] {
  const byShort = new Map<string, string>();
  for (const name of names) {
    const last = name.slice(name.lastIndexOf(".") + 1);
    for (const short of [name, last, last.replace(/Service$/, "")]) byShort.set(short, name);
  }
  const close = closestNames(wanted, byShort.keys(), 6).flatMap((short) => byShort.get(short) ?? []);
  return [...new Set(close)].slice(0, 3);
}
