/**
 * A value as JSON, on one line or in full. A bigint is a number where that is exact, else a string; maps are objects, and
 * what is undefined is left out. What a terminal takes for commands is escaped: JSON does that itself for half of the
 * control characters only.
 */
export function jsonText(value: unknown, layout: "line" | "full" = "line"): string {
  const text = JSON.stringify(value, plain, layout === "full" ? 2 : undefined) ?? "null";
  return text.replace(/[\u007f-\u009f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function plain(_key: string, item: unknown): unknown {
  if (typeof item === "bigint") return Number.isSafeInteger(Number(item)) ? Number(item) : String(item);
  return item instanceof Map ? Object.fromEntries(item) : item;
}
