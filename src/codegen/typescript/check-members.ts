import type { Service } from "../model.js";
import type { Report } from "../problem.js";
import { memberName } from "./member-name.js";

/** Refuses rpcs of one service that would be one member. */
export function checkMembers({ members }: Service, report: Report): void {
  const first = new Map<string, string>();
  for (const { name, where } of members) {
    const member = memberName(name);
    const other = first.get(member);
    if (other === undefined) first.set(member, name);
    else report(where, `rpc ${name} would be the member ${member}, as rpc ${other} is`, "rename one of them");
  }
}
