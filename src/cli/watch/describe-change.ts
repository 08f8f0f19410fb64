import type { InstanceInfo } from "../../naming/instance.js";
import { printable } from "../output/printable.js";

/** What an instance says otherwise than before, in a few words; everything that matters of one that was not known. */
export function describeChange(before: InstanceInfo | undefined, now: InstanceInfo): string {
  const parts = [
    now.condition === (before?.condition ?? "serving") ? "" : now.condition,
    listChange(before?.endpoints, now.endpoints),
    listChange(before && serviceNames(before), serviceNames(now)),
    listChange(before && labelsOf(before), labelsOf(now)),
  ];
  return printable(parts.filter((part) => part !== "").join("  "));
}

/** `a, b` of a first list; later `+c -a`. */
function listChange(before: readonly string[] | undefined, now: readonly string[]): string {
  if (before === undefined) return now.join(", ");
  const added = now.filter((each) => !before.includes(each)).map((each) => `+${each}`);
  const removed = before.filter((each) => !now.includes(each)).map((each) => `-${each}`);
  return [...added, ...removed].join(" ");
}

function serviceNames({ services }: InstanceInfo): string[] {
  return services.map(({ name }) => name);
}

function labelsOf({ labels }: InstanceInfo): string[] {
  return Object.entries(labels).map(([name, value]) => `${name}=${value}`);
}
