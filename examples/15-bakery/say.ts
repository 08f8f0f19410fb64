/** One line, with the time since the beginning. */
export function say(text: string): void {
  console.log(`${(performance.now() / 1_000).toFixed(1).padStart(6)} s  ${text}`);
}
