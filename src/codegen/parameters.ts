/** What a template gives the plugin: `target=ts,runtime=heliograph,…`. */
export interface Parameters {
  readonly target: string;
  /** Where the generated code imports the kit from. */
  readonly runtime: string;
  /** What the imports of generated files end in: `.js`, `.ts` or nothing. */
  readonly importSuffix: string;
  /** The module that stands in for a `.proto` file, as ts-proto's option of the same name: `M<file>=<module>`. */
  readonly modules: ReadonlyMap<string, string>;
  /** Where the lock manifest is written, too, below the plugin's `out`. */
  readonly lock: string | undefined;
}

const known = "target, runtime, import_suffix, lock, M<file>";

/** Reads the parameter of a CodeGeneratorRequest; throws an Error that names the wrong part. */
export function parseParameters(text: string, targets: readonly string[]): Parameters {
  const given = new Map<string, string>();
  const modules = new Map<string, string>();
  for (const part of text.split(",").filter((piece) => piece !== "")) {
    const [, name = part, value = ""] = /^([^=]*)=(.*)$/s.exec(part) ?? [];
    if (/^M./.test(name)) modules.set(name.slice(1), value);
    else if (["target", "runtime", "import_suffix", "lock"].includes(name)) given.set(name, value);
    else throw new Error(`option "${part}" is not known; there are ${known}`);
  }
  const target = given.get("target") ?? "ts";
  if (!targets.includes(target)) {
    throw new Error(`target "${target}" does not exist; there are ${targets.join(", ")}`);
  }
  return {
    target,
    modules,
    runtime: given.get("runtime") ?? "heliograph",
    importSuffix: given.get("import_suffix") ?? ".js",
    lock: given.get("lock"),
  };
}
