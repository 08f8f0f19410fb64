/** A module specifier in a source file. Type imports count. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

const STATIC =
  /(?<![\w$.])(?:import|export)\s*(?:type\s+)?(?:[\w$\s{},*]*?\bfrom\s*)?(["'])(?<specifier>[^"'\n]+)\1/g;
const DYNAMIC = /(?<![\w$.])(?:import|require)\s*\(\s*(["'])(?<specifier>[^"'\n]+)\1/g;

/** What a TypeScript or JavaScript file imports, re-exports and loads, without what only looks like it in texts. */
export function importsOf(source: string): Import[] {
  const code = withoutTexts(source);
  return [...code.matchAll(STATIC), ...code.matchAll(DYNAMIC)].map((match) => ({
    specifier: match.groups?.["specifier"] ?? "",
    line: code.slice(0, match.index).split("\n").length,
  }));
}

/** Words and signs after which a slash begins a regular expression, not a division. */
const BEFORE_REGEXP =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|of|in|do|else|void|await|yield))\s*$/;

/**
 * The source with its comments, template literals and regular expressions blanked out, lines kept. What is within
 * `${}` goes, too: no module is named there.
 */
export function withoutTexts(source: string): string {
  let code = "";
  let at = 0;
  while (at < source.length) {
    const end = endOfText(source, at, code);
    if (end === at) {
      const quoted = endOfString(source, at);
      code += source.slice(at, quoted);
      at = quoted;
    } else {
      code += source.slice(at, end).replace(/[^\n]/g, " ");
      at = end;
    }
  }
  return code;
}

/** Where the comment, template or regular expression that begins here ends; the same place when none does. */
function endOfText(source: string, at: number, before: string): number {
  if (source.startsWith("//", at)) return orEnd(source, source.indexOf("\n", at));
  if (source.startsWith("/*", at)) return orEnd(source, source.indexOf("*/", at + 2) + 2, 2);
  if (source[at] === "`") return endOfTemplate(source, at);
  if (source[at] === "/" && BEFORE_REGEXP.test(before.slice(-40))) return endOfRegExp(source, at);
  return at;
}

function orEnd(source: string, index: number, past = 0): number {
  return index < past ? source.length : index;
}

function endOfTemplate(source: string, start: number): number {
  let at = start + 1;
  while (at < source.length && source[at] !== "`") {
    if (source[at] === "\\") at += 2;
    else if (source.startsWith("${", at)) at = endOfSubstitution(source, at + 2);
    else at += 1;
  }
  return at + 1;
}

function endOfSubstitution(source: string, start: number): number {
  let depth = 1;
  let at = start;
  while (at < source.length) {
    const end = endOfText(source, at, source.slice(start, at));
    if (end > at) {
      at = end;
      continue;
    }
    if (source[at] === "{") depth += 1;
    else if (source[at] === "}") depth -= 1;
    at = endOfString(source, at);
    if (depth === 0) return at;
  }
  return at;
}

function endOfRegExp(source: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < source.length && source[at] !== "\n"; at += 1) {
    const char = source[at];
    if (char === "\\") at += 1;
    else if (char === "[") inClass = true;
    else if (char === "]") inClass = false;
    else if (char === "/" && !inClass) return at + 1;
  }
  return start + 1;
}

/** Past the string that begins here, or past this one character. */
function endOfString(source: string, start: number): number {
  const quote = source[start];
  if (quote !== '"' && quote !== "'") return start + 1;
  let at = start + 1;
  while (at < source.length && source[at] !== quote && source[at] !== "\n") at += source[at] === "\\" ? 2 : 1;
  return at + 1;
}
