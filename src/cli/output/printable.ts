/** A text as a part of a line: what others sent must not move the cursor, begin a line or colour the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ");
}
