/** Decides whether a subject is meant. Made once for each list of patterns, and pure. */
export type SubjectMatcher = (subject: string) => boolean;

/**
 * The matcher of a list of patterns: a subject is meant when one of them matches it; by an empty list every subject is.
 * Takes time in proportion to the levels of both, whatever they are.
 */
export function matcherOf(patterns: readonly string[]): SubjectMatcher {
  if (patterns.length === 0) return () => true;
  const exact = new Set(patterns.filter((pattern) => !pattern.includes("*")));
  const wild = patterns.filter((pattern) => pattern.includes("*")).map((pattern) => pattern.split("/"));
  if (wild.some((levels) => levels.length === 1 && levels[0] === "**")) return (subject) => subject !== "";
  if (wild.length === 0) return (subject) => exact.has(subject);
  return (subject) => {
    if (exact.has(subject)) return true;
    if (subject === "") return false;
    const levels = subject.split("/");
    return wild.some((pattern) => matches(pattern, levels));
  };
}

/** As one matches file names: of all `**` only the last has to be tried anew, so this is never exponential. */
function matches(pattern: readonly string[], levels: readonly string[]): boolean {
  let at = 0;
  let level = 0;
  /** Behind the last `**` that was met, and the first level that it did not take. */
  let anew = -1;
  let taken = 0;
  while (level < levels.length) {
    const wanted = pattern[at];
    if (wanted === "**") {
      anew = ++at;
      taken = ++level;
    } else if (wanted !== undefined && (wanted === "*" || wanted === levels[level])) {
      at++;
      level++;
    } else if (anew >= 0) {
      at = anew;
      level = ++taken;
    } else return false;
  }
  return at === pattern.length;
}
