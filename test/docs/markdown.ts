/** One fenced block of a page. */
export interface Block {
  readonly language: string;
  /** What follows the language: a path, or `with` and names. */
  readonly info: string;
  readonly text: string;
  readonly line: number;
}

const FENCE = /^```(\S+)(?: (.+))?\n([\s\S]*?)^```$/gm;

export function blocksOf(page: string): Block[] {
  return [...page.matchAll(FENCE)].map((match) => ({
    language: match[1] ?? "",
    info: match[2] ?? "",
    text: match[3] ?? "",
    line: page.slice(0, match.index).split("\n").length,
  }));
}

/** A command that a console block shows, and what it prints. */
export interface Step {
  readonly command: string;
  readonly background: boolean;
  readonly output: string;
}

/** A `console` block: lines that begin with `$ ` are commands, those after them their output. */
export function stepsOf(block: Block): Step[] {
  return block.text
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [line = "", ...output] = step.split("\n");
      const background = line.endsWith(" &");
      return {
        command: background ? line.slice(0, -2) : line,
        background,
        output: output.join("\n").trimEnd(),
      };
    });
}
