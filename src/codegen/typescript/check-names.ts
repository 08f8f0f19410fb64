import type { Schema } from "../model.js";
import type { Report } from "../problem.js";
import { memberName } from "./member-name.js";
import type { GeneratedType } from "./ts-proto.js";

/** Refuses names that are sound in a `.proto` and can't be in TypeScript. */
export function checkNames(schema: Schema, _types: ReadonlyMap<string, GeneratedType>, report: Report): void {
  for (const { services } of schema.files) {
    for (const { members } of services) {
      const first = new Map<string, string>();
      for (const { name, where } of members) {
        const member = memberName(name);
        const other = first.get(member);
        if (other === undefined) first.set(member, name);
        else
          report(where, `rpc ${name} and rpc ${other} are both called ${member} in TypeScript`, "rename one");
      }
    }
  }
}
