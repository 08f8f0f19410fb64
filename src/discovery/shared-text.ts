/** Bounds of what is held: nobody has to be trusted for it. */
const MOST_TEXTS = 4_096;
const MOST_CHARS = 128;

const known = new Map<string, string>();

/**
 * The same text as one object, however often it arrives: what many instances say alike is held once. For texts of which
 * there are few. When there are too many they are forgotten; long ones are given back as they are.
 */
export function sharedText(text: string): string {
  const one = known.get(text);
  if (one !== undefined) return one;
  if (text.length > MOST_CHARS) return text;
  if (known.size === MOST_TEXTS) known.clear();
  known.set(text, text);
  return text;
}
