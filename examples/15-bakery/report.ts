import type { Bakery } from "./bakery.js";
import { byService } from "./customers.js";

/** Says what has come of it, and whether all promises were kept. */
export function report({ customers, promises }: Bakery): boolean {
  const { menus, cakes, reasons, hands } = customers;
  const slowest = `the slowest took ${menus.slowestMs.toFixed(0)} ms`;
  const lines = [
    "",
    `menus   ${menus.asked} asked for, ${menus.read} read, ${menus.failed} failed; ${slowest}`,
    `cakes   ${cakes.ordered} ordered, ${cakes.bought} baked, ${cakes.unknown} unknown, ${cakes.failed} failed`,
    ...[...reasons].map(([reason, count]) => `        ${count} × ${reason}`),
    "calls   by each instance:",
    ...byService([...hands.keys()]).map(
      (names) => `        ${names.map((name) => `${name} ${hands.get(name)}`).join(", ")}`,
    ),
    ...[...promises].map(([text, kept]) => `${kept ? "kept  " : "BROKEN"}  ${text}`),
  ];
  console.log(lines.join("\n"));
  return [...promises.values()].every((kept) => kept);
}
