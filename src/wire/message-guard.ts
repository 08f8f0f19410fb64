import { type FieldShape, type MessageShapes, mapFields, shapesOf } from "./message-shape.js";
import type { PayloadType } from "./payload-codec.js";
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
  return new Guards(shapes, false).of(typeName);
}

/**
 * The same for a message whose fields may be left out, before `fromPartial` sees it: that takes whatever it is given
 * in the place of a message for one without fields.
 */
export function initGuard(shapes: MessageShapes, typeName: string): MessageGuard | undefined {
  return new Guards(shapes, true).of(typeName);
}

const unguarded = Symbol("unguarded");

/** Guards of one kind by payload type, each made when it is first wanted. */
export class GuardCache {
  readonly #make: (shapes: MessageShapes, typeName: string) => MessageGuard | undefined;
  readonly #guards = new WeakMap<PayloadType, MessageGuard | typeof unguarded>();

  constructor(make: (shapes: MessageShapes, typeName: string) => MessageGuard | undefined) {
    this.#make = make;
  }

  of(type: PayloadType): MessageGuard | undefined {
    let guard = this.#guards.get(type);
    if (guard === undefined) {
      guard = this.#make(shapesOf(type.schema), type.message.$type) ?? unguarded;
      this.#guards.set(type, guard);
    }
    return guard === unguarded ? undefined : guard;
  }
}

class Guards {
  private readonly shapes: MessageShapes;
  private readonly partial: boolean;
  /** By full name of the message; a type that is still being looked at counts as guarded. */
  private readonly known = new Map<string, MessageGuard | undefined>();

  constructor(shapes: MessageShapes, partial: boolean) {
    this.shapes = shapes;
    this.partial = partial;
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
      if (check !== undefined) checks.push([field.property, this.partial ? orMissing(check) : check]);
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
      if (value === undefined || (this.partial && value === null)) return true;
      if (typeof value !== "object" || value === null || !("$case" in value)) return false;
      const chosen = value.$case;
      if (typeof chosen !== "string" || !cases.has(chosen)) return false;
      const item = cases.get(chosen);
      return item === undefined || ("value" in value && item(value.value));
    };
  }

  private single(field: FieldShape): FieldGuard | undefined {
    if (field.kind === "bytes") return (value) => value instanceof Uint8Array;
    if (field.kind !== "message") return undefined;
    const guard = this.of(field.typeName);
    if (!this.partial || wellKnown(field.typeName) !== undefined) return guard;
    return (value) => typeof value === "object" && value !== null && (guard?.(value) ?? true);
  }
}

function orMissing(check: FieldGuard): FieldGuard {
  return (value) => value === undefined || value === null || check(value);
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
