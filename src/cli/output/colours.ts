/** Words in colour, or as they are. */
export interface Colours {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

/** Select Graphic Rendition of ECMA-48: what begins each, and what ends it. `util.styleText` is younger than Node 20.11. */
const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
} as const;

const painted = Object.fromEntries(
  Object.entries(codes).map(([name, [on, off]]) => [
    name,
    (text: string) => (text === "" ? "" : `\u001b[${on}m${text}\u001b[${off}m`),
  ]),
) as unknown as Colours;

const same = (text: string) => text;
const plain: Colours = { bold: same, dim: same, red: same, green: same, yellow: same };

/** @param wanted see `wantsColours` */
export function colours(wanted: boolean): Colours {
  return wanted ? painted : plain;
}

/**
 * Whether to write in colour: what FORCE_COLOR says, else not with NO_COLOR (https://no-color.org), else only on a
 * terminal that knows colours.
 */
export function wantsColours(
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env;
  if (force !== undefined) return force !== "0" && force !== "false";
  return isTerminal && (no === undefined || no === "") && term !== "dumb";
}
