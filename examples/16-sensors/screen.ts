/** Draws lines over those that were drawn before. */
export class Screen {
  #height = 0;

  draw(lines: readonly string[]): void {
    const rows = process.stdout.rows || 24;
    const columns = process.stdout.columns || 80;
    // What has left the screen can't be drawn again.
    const shown = lines.slice(0, rows - 1).map((line) => line.slice(0, columns - 1));
    const up = this.#height === 0 ? "" : `\x1b[${this.#height}A`;
    process.stdout.write(`${up}\x1b[J${shown.join("\n")}\n`);
    this.#height = shown.length;
  }
}
