import { invalidArgument } from "../core/error.js";

/** What a level's text can't hold as it is; NUL is of no use to anybody, and breaks programs in C. */
const ESCAPED = /[%/*\0]/g;
const ESCAPES = /%(25|2F|2A|00)/g;
/** The level whose text is empty. */
const EMPTY = "%";
const MAX_LEVELS = 64;
const MAX_SUBJECT_CHARS = 1_024;

/** A level of a subject as it is written, of any text. */
export function escapeLevel(text: string): string {
  if (text === "") return EMPTY;
  return text.replace(
    ESCAPED,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** The text of a level. What is no escape stands for itself, as in no subject that `escapeLevel` has made. */
export function unescapeLevel(level: string): string {
  if (level === EMPTY) return "";
  if (!level.includes("%")) return level;
  return level.replace(ESCAPES, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** The levels of a subject, as texts. */
export function levelsOf(subject: string): string[] {
  return subject === "" ? [] : subject.split("/").map(unescapeLevel);
}

/** The subject of these levels; empty of none. */
export function subjectOf(levels: readonly string[]): string {
  return levels.map(escapeLevel).join("/");
}

/**
 * A subject as a user writes it: levels separated by `/`, each of at least one character.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes it and says what to write
 */
export function checkSubject(subject: string): string {
  check(subject, "subject");
  if (subject.includes("*"))
    throw invalidArgument(
      `subject ${quoted(subject)} holds a wildcard: publish to one subject, or write %2A for a star`,
    );
  return subject;
}

/**
 * A pattern as a user writes it: levels of a subject, `*` for any one level and `**` for one or more.
 *
 * @throws HeliographError INVALID_ARGUMENT that quotes it and says what to write
 */
export function checkPattern(pattern: string): string {
  check(pattern, "pattern");
  for (const level of pattern.split("/")) {
    if (level !== "*" && level !== "**" && level.includes("*"))
      throw invalidArgument(
        `pattern ${quoted(pattern)} mixes text and wildcard in the level ${quoted(level)}: a level is text, * or **`,
      );
  }
  return pattern;
}

function check(text: string, what: string): void {
  if (typeof text !== "string") throw invalidArgument(`a ${what} must be a string, got ${typeof text}`);
  if (text.length > MAX_SUBJECT_CHARS)
    throw invalidArgument(
      `a ${what} has at most ${MAX_SUBJECT_CHARS} characters, got one of ${text.length}: ${quoted(text.slice(0, 64))} …`,
    );
  const levels = text.split("/");
  if (levels.length > MAX_LEVELS)
    throw invalidArgument(`a ${what} has at most ${MAX_LEVELS} levels, got one of ${levels.length}`);
  if (levels.includes(""))
    throw invalidArgument(
      text === ""
        ? `a ${what} must not be empty`
        : `${what} ${quoted(text)} has an empty level: leave the slash out, or write % for an empty text`,
    );
  if (text.includes("\0")) throw invalidArgument(`${what} ${quoted(text)} holds NUL: write %00`);
  const rest = text.replace(ESCAPES, "_").split("/");
  if (rest.some((level) => level !== EMPTY && level.includes("%")))
    throw invalidArgument(
      `${what} ${quoted(text)} holds a % that is no escape: write %25 for a percent sign, %2F for a slash, %2A for a star, %00 for NUL`,
    );
  if (!text.isWellFormed()) throw invalidArgument(`${what} ${quoted(text)} holds half a surrogate pair`);
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
