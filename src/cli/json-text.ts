/**
 * A value as JSON, on one line or in full. What a terminal takes for commands is escaped: JSON does that itself for
 * half of the control characters only.
 */
export function jsonLine(value: unknown, layout: "line" | "full" = "line"): string {
  const text = JSON.stringify(value, undefined, layout === "full" ? 2 : undefined) ?? "null";
  return text.replace(/[\u007f-\u009f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
