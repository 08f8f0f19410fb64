/**
 * Cuts text that comes in pieces into JSON values, one after the other: a line each, several on a line, or one over many
 * lines. Only looks for where a value ends; whether it is JSON is for `JSON.parse` to say.
 */
export class JsonSplitter {
  private value = "";
  private depth = 0;
  private inString = false;
  private escaped = false;

  /** The values that end in this piece. */
  push(text: string): string[] {
    const ended: string[] = [];
    let start = 0;
    for (let i = 0; i < text.length; i++) {
      if (!this.endsAt(text[i] ?? "")) continue;
      this.value += text.slice(start, i + 1);
      start = i + 1;
      this.take(ended);
    }
    this.value += text.slice(start);
    return ended;
  }

  /** What has begun and not ended: a number or a word, or half a value. */
  end(): string[] {
    const ended: string[] = [];
    this.depth = 0;
    this.inString = false;
    this.escaped = false;
    this.take(ended);
    return ended;
  }

  private endsAt(char: string): boolean {
    if (this.escaped) {
      this.escaped = false;
      return false;
    }
    if (this.inString) {
      if (char === "\\") this.escaped = true;
      else if (char === '"') this.inString = false;
      return char === '"' && this.depth === 0;
    }
    switch (char) {
      case '"':
        this.inString = true;
        return false;
      case "{":
      case "[":
        this.depth++;
        return false;
      case "}":
      case "]":
        this.depth = Math.max(0, this.depth - 1);
        return this.depth === 0;
      default:
        return this.depth === 0 && /\s/.test(char);
    }
  }

  private take(ended: string[]): void {
    const value = this.value.trim();
    this.value = "";
    if (value !== "") ended.push(value);
  }
}
