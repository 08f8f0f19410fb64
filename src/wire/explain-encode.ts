import { checkScalar } from "./check-scalar.js";
import { MAX_DEPTH } from "./message-reader.js";
import { type FieldShape, type MessageShape, type MessageShapes, mapFields } from "./message-shape.js";
import { showValue } from "./show-value.js";
import { wellKnown } from "./well-known.js";

/**
 * The first thing that keeps `value` from being a message of this type, with its path and what was expected:
 * `example.v1.GreetRequest.items[3].price: expected a number, got undefined`. Undefined when nothing does.
 *
 * Slow: called after an encoder has thrown, and by the codecs that are not protobuf's own.
 */
export function explainEncode(shapes: MessageShapes, typeName: string, value: unknown): string | undefined {
  const shape = shapes.messages.get(typeName);
  if (shape === undefined) return undefined;
  return new EncodeCheck(shapes, "whole").message(shape, value, typeName, 1);
}

/** The same for a message whose fields may be left out, deeply. */
export function explainInit(shapes: MessageShapes, typeName: string, init: unknown): string | undefined {
  const shape = shapes.messages.get(typeName);
  if (shape === undefined) return undefined;
  return new EncodeCheck(shapes, "partial").message(shape, init, typeName, 1);
}

class EncodeCheck {
  private readonly shapes: MessageShapes;
  private readonly partial: boolean;

  constructor(shapes: MessageShapes, fields: "whole" | "partial") {
    this.shapes = shapes;
    this.partial = fields === "partial";
  }

  message(shape: MessageShape, value: unknown, path: string, depth: number): string | undefined {
    if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Map) {
      return `${path}: expected a message, got ${showValue(value)}`;
    }
    if (depth > MAX_DEPTH) return `${path}: messages nested deeper than ${MAX_DEPTH}`;
    const record = value as Record<string, unknown>;
    const oneofs = new Map<string, FieldShape[]>();
    for (const field of shape.fields.values()) {
      if (field.oneof !== undefined) {
        const members = oneofs.get(field.oneof);
        if (members === undefined) oneofs.set(field.oneof, [field]);
        else members.push(field);
        continue;
      }
      const fault = this.field(field, record[field.property], `${path}.${field.property}`, depth);
      if (fault !== undefined) return fault;
    }
    for (const [name, members] of oneofs) {
      const fault = this.oneof(members, record[name], `${path}.${name}`, depth);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  private field(field: FieldShape, value: unknown, path: string, depth: number): string | undefined {
    if (value === undefined && this.partial) return undefined;
    const map = mapFields(this.shapes, field);
    if (map !== undefined) return this.map(map, value, path, depth);
    if (field.repeated) {
      if (!Array.isArray(value)) return `${path}: expected an array, got ${showValue(value)}`;
      for (let i = 0; i < value.length; i++) {
        const fault = this.single(field, value[i], `${path}[${i}]`, depth);
        if (fault !== undefined) return fault;
      }
      return undefined;
    }
    if (value === undefined && (field.optional || field.kind === "message")) return undefined;
    return this.single(field, value, path, depth);
  }

  private map(
    map: { readonly key: FieldShape; readonly value: FieldShape },
    value: unknown,
    path: string,
    depth: number,
  ): string | undefined {
    if (!(value instanceof Map)) return `${path}: expected a Map, got ${showValue(value)}`;
    for (const [key, item] of value) {
      const at = `${path}[${showValue(key)}]`;
      const fault = checkScalar(map.key.kind, key);
      if (fault !== undefined) return `${at}: the key: ${fault}`;
      // Generated code leaves out an entry whose wrapper is undefined, and declares that it may be.
      if (item === undefined && wellKnown(map.value.typeName)?.as === "wrapper") continue;
      const wrong = this.single(map.value, item, at, depth);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  private oneof(
    members: readonly FieldShape[],
    value: unknown,
    path: string,
    depth: number,
  ): string | undefined {
    if (value === undefined) return undefined;
    if (typeof value !== "object" || value === null || !("$case" in value)) {
      return `${path}: expected { $case, value }, got ${showValue(value)}`;
    }
    const field = members.find((member) => member.property === value.$case);
    if (field === undefined) {
      const known = members.map((member) => member.property).join(", ");
      return `${path}.$case: expected one of ${known}, got ${showValue(value.$case)}`;
    }
    return this.single(field, "value" in value ? value.value : undefined, `${path}.value`, depth);
  }

  private single(field: FieldShape, value: unknown, path: string, depth: number): string | undefined {
    if (field.kind !== "message") return at(path, checkScalar(field.kind, value));
    const special = wellKnown(field.typeName);
    if (special === undefined) {
      const shape = this.shapes.messages.get(field.typeName);
      return shape === undefined ? undefined : this.message(shape, value, path, depth + 1);
    }
    switch (special.as) {
      case "wrapper":
        return at(path, checkScalar(special.kind, value));
      case "mask":
        if (!Array.isArray(value)) return `${path}: expected an array, got ${showValue(value)}`;
        return at(
          path,
          value.map((item) => checkScalar("string", item)).find((fault) => fault !== undefined),
        );
      case "json":
        if (special.only === "array" && !Array.isArray(value)) {
          return `${path}: expected an array, got ${showValue(value)}`;
        }
        if (special.only === "object" && !isPlain(value)) {
          return `${path}: expected an object, got ${showValue(value)}`;
        }
        return this.json(value, path, depth + 1);
    }
  }

  private json(value: unknown, path: string, depth: number): string | undefined {
    if (value === null || typeof value === "boolean" || typeof value === "number") return undefined;
    if (typeof value === "string") return at(path, checkScalar("string", value));
    if (depth > MAX_DEPTH) return `${path}: values nested deeper than ${MAX_DEPTH}`;
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        const fault = this.json(value[i], `${path}[${i}]`, depth + 1);
        if (fault !== undefined) return fault;
      }
      return undefined;
    }
    if (!isPlain(value)) return `${path}: expected a JSON value, got ${showValue(value)}`;
    for (const [key, item] of Object.entries(value)) {
      const fault = this.json(item, `${path}.${key}`, depth + 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
}

function at(path: string, fault: string | undefined): string | undefined {
  return fault === undefined ? undefined : `${path}: ${fault}`;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
