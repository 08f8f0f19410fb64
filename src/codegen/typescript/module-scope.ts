import { posix } from "node:path";

interface Import {
  readonly from: string;
  readonly name: string;
  readonly local: string;
  readonly typeOnly: boolean;
}

/** The names of one generated module: what it declares, what it imports, and under which name. */
export class ModuleScope {
  readonly #names = new Set<string>();
  readonly #imports = new Map<string, Import>();

  /** Takes a name that the module itself declares. */
  declare(name: string): void {
    this.#names.add(name);
  }

  /** The wished name, or with the first number that makes it free. */
  declareFree(wish: string): string {
    const name = this.#free(wish);
    this.#names.add(name);
    return name;
  }

  /** Imports a name once and gives what it is called here: `alias` when another has the name already. */
  import(from: string, name: string, { typeOnly = false, alias = name } = {}): string {
    const key = `${from}\0${name}`;
    const known = this.#imports.get(key);
    if (known !== undefined) return known.local;
    const local = this.#names.has(name) ? this.#free(alias) : name;
    this.#names.add(local);
    this.#imports.set(key, { from, name, local, typeOnly });
    return local;
  }

  /** The import declarations: packages first, then modules by path. */
  imports(): string[] {
    const byModule = new Map<string, Import[]>();
    for (const entry of this.#imports.values()) {
      byModule.set(entry.from, [...(byModule.get(entry.from) ?? []), entry]);
    }
    return [...byModule]
      .sort(([a], [b]) => Number(a.startsWith(".")) - Number(b.startsWith(".")) || (a < b ? -1 : 1))
      .map(([from, list]) => importDeclaration(from, list));
  }

  #free(wish: string): string {
    let name = wish;
    for (let n = 2; this.#names.has(name); n++) name = `${wish}${n}`;
    return name;
  }
}

/** The specifier by which one generated module imports another; both are paths without an ending. */
export function relativeModule(from: string, to: string, suffix: string): string {
  const path = posix.relative(posix.dirname(from), to);
  return `${path.startsWith(".") ? path : `./${path}`}${suffix}`;
}

function importDeclaration(from: string, list: readonly Import[]): string {
  const names = [...list]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, local }) => (name === local ? name : `${name} as ${local}`));
  const keyword = list.every(({ typeOnly }) => typeOnly) ? "import type" : "import";
  const line = `${keyword} { ${names.join(", ")} } from ${JSON.stringify(from)};`;
  if (line.length <= 110) return line;
  return `${keyword} {\n${names.map((name) => `  ${name},\n`).join("")}} from ${JSON.stringify(from)};`;
}
