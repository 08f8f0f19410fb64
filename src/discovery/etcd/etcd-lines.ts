/** Of one line, and of one answer. */
export const MAX_CHARS = 64 * 1024 * 1024;

/**
 * The lines of a text that arrives in pieces, those that are not empty.
 *
 * @throws Error for a line of more than `maxLine` characters
 */
export async function* linesOf(
  pieces: AsyncIterable<Buffer>,
  maxLine = MAX_CHARS,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let begun = "";
  for await (const piece of pieces) {
    const [first = "", ...others] = decoder.decode(piece, { stream: true }).split("\n");
    begun += first;
    if (begun.length > maxLine) throw new Error(`a line has more than ${maxLine} characters`);
    for (const next of others) {
      if (begun !== "") yield begun;
      begun = next;
    }
  }
  if (begun !== "") yield begun;
}
