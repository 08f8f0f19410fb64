/** An object as etcd writes it: numbers of 64 bits are texts, bytes are base64, what is zero or empty is left out. */
export type Json = Readonly<Record<string, unknown>>;

/** The object that the text is; undefined when it is none. */
export function parseJson(text: string): Json | undefined {
  try {
    return asJson(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function objectOf(json: Json, name: string): Json | undefined {
  return asJson(json[name]);
}

export function listOf(json: Json, name: string): readonly Json[] {
  const value = json[name];
  return Array.isArray(value) ? value.flatMap<Json>((each: unknown) => asJson(each) ?? []) : [];
}

export function textOf(json: Json, name: string): string {
  const value = json[name];
  return typeof value === "string" ? value : "";
}

export function numberOf(json: Json, name: string): number {
  return Number(json[name] ?? 0);
}

/** Bytes or a text, as etcd takes them. */
export function base64(value: string | Uint8Array): string {
  return Buffer.from(value).toString("base64");
}

function asJson(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
