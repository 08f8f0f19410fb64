/** Words that TypeScript allows no constant to have in a module. */
const reserved: ReadonlySet<string> = new Set(
  `arguments await break case catch class const continue debugger default delete do else enum eval export extends
  false finally for function if implements import in instanceof interface let new null package private protected
  public return static super switch this throw true try typeof undefined var void while with yield
  any bigint boolean never number object string symbol unknown`.split(/\s+/),
);

/** What a service's value and type are called: its own name, with a trailing `$` where that is a reserved word. */
export function serviceName(name: string): string {
  return reserved.has(name) ? `${name}$` : name;
}
