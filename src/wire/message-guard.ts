import { type FieldShape, type MessageShapes, mapFields } from "./message-shape.js";
import { wellKnown } from "./well-known.js";

/** True when nothing in the message would be left out or misread without a word. */
export type MessageGuard = (message: unknown) => boolean;

type FieldGuard = (value: unknown) => boolean;

/**
 * What generated code can't notice while it encodes, because it never hands the value to its writer: something other
 * than an array in a repeated field, than a Map in a map, than bytes where its length is 0, and an unknown `$case`.
 * Undefined for a type without such fields, at any depth, so that most messages cost nothing.
 */
export function messageGuard(shapes: MessageShapes, typeName: string): MessageGuard | undefined {
  return new Guards(shapes).of(typeName);
}

class Guards {
  private readonly shapes: MessageShapes;
  /** By full name of the message; a type that is still being looked at counts as guarded. */
  private readonly known = new Map<string, MessageGuard | undefined>();

  constructor(shapes: MessageShapes) {
    this.shapes = shapes;
  }

  of(typeName: string): MessageGuard | undefined {
    if (this.known.has(typeName)) return this.known.get(typeName);
    const shape = this.shapes.messages.get(typeName);
    if (shape === undefined || wellKnown(typeName) !== undefined) return undefined;
    let guard: MessageGuard | undefined;
    this.known.set(typeName, (message) => guard?.(message) ?? true);
    const checks: [string, FieldGuard][] = [];
    const oneofs = new Map<string, FieldShape[]>();
    for (const field of shape.fields.values()) {
      if (field.oneof !== undefined) {
        oneofs.set(field.oneof, [...(oneofs.get(field.oneof) ?? []), field]);
        continue;
      }
      const check = this.field(field);
      if (check !== undefined) checks.push([field.property, check]);
    }
    for (const [name, members] of oneofs) checks.push([name, this.oneof(members)]);
    guard = checks.length === 0 ? undefined : all(checks);
    this.known.set(typeName, guard);
    return guard;
  }

  private field(field: FieldShape): FieldGuard | undefined {
    const map = mapFields(this.shapes, field);
    if (map !== undefined) {
      const item = this.single(map.value);
      return (value) => value instanceof Map && (item === undefined || [...value.values()].every(item));
    }
    const item = this.single(field);
    if (field.repeated) return (value) => Array.isArray(value) && (item === undefined || value.every(item));
    if (item === undefined) return undefined;
    const mayBeAbsent = field.optional || field.kind === "message";
    return (value) => (mayBeAbsent && value === undefined) || item(value);
  }

  private oneof(members: readonly FieldShape[]): FieldGuard {
    const cases = new Map(members.map((member) => [member.property, this.single(member)]));
    return (value) => {
      if (value === undefined) return true;
      if (typeof value !== "object" || value === null || !("$case" in value)) return false;
      const chosen = value.$case;
      if (typeof chosen !== "string" || !cases.has(chosen)) return false;
      const item = cases.get(chosen);
      return item === undefined || ("value" in value && item(value.value));
    };
  }

  private single(field: FieldShape): FieldGuard | undefined {
    if (field.kind === "bytes") return (value) => value instanceof Uint8Array;
    return field.kind === "message" ? this.of(field.typeName) : undefined;
  }
}

/** What is no object at all is left to generated code, which fails on it. */
function all(checks: readonly [string, FieldGuard][]): MessageGuard {
  return (message) => {
    if (typeof message !== "object" || message === null) return true;
    const record = message as Record<string, unknown>;
    for (const [property, check] of checks) {
      if (!check(record[property])) return false;
    }
    return true;
  };
}
