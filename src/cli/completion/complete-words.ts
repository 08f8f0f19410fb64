import type { Argument, Command, Option } from "commander";

/** Something that the word under the cursor may become. */
export interface Candidate {
  readonly word: string;
  readonly description: string;
}

/** What may stand under the cursor. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** The names that are there would fit, too: of methods, of topics, of services, or of nodes as well as services. */
  readonly names: NameKind | undefined;
  /** The values of options that were given already, by their attribute names. */
  readonly given: ReadonlyMap<string, readonly string[]>;
}

/** What kind of names may stand under the cursor. */
export type NameKind = "methods" | "topics" | "services" | "nodes";

/** What arguments are called that are names. */
const KINDS: Readonly<Record<string, NameKind>> = { name: "nodes", method: "methods", topic: "topics" };
/** Values of options that name a node or a service are called so. */
const NAME = "name";

/**
 * What a word on the command line may be completed to, as the commands say. Pure.
 *
 * @param words those after the name of the command; the last one is under the cursor, and may be empty
 */
export function completeWords(program: Command, words: readonly string[]): Completion {
  const walk = new Walk(program);
  for (const word of words.slice(0, -1)) walk.step(word);
  return walk.complete(words.at(-1) ?? "");
}

class Walk {
  private command: Command;
  private position = 0;
  private waiting: Option | undefined;
  private onlyArguments = false;
  private readonly given = new Map<string, string[]>();

  constructor(program: Command) {
    this.command = program;
  }

  step(word: string): void {
    const { waiting } = this;
    if (waiting !== undefined) {
      this.give(waiting, word);
      this.waiting = undefined;
    } else if (word === "--" && !this.onlyArguments) this.onlyArguments = true;
    else if (word.startsWith("-") && !this.onlyArguments) this.option(word);
    else {
      const child =
        this.position === 0 ? visible(this.command).find((each) => each.name() === word) : undefined;
      if (child === undefined) this.position++;
      else this.command = child;
    }
  }

  complete(word: string): Completion {
    const { waiting, command, given } = this;
    const [, flag, begun] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
    const assigned = flag === undefined ? undefined : this.find(flag);
    const option = waiting ?? assigned;
    if (option !== undefined) {
      const before = waiting === undefined ? `${flag}=` : "";
      const values = (option.argChoices ?? []).map((choice) => ({ word: before + choice, description: "" }));
      return {
        candidates: starting(values, before + (begun ?? word)),
        names: before === "" && valueName(option) === NAME ? namesOf(option) : undefined,
        given,
      };
    }
    if (word.startsWith("-") && !this.onlyArguments) {
      return { candidates: starting(this.options(), word), names: undefined, given };
    }
    const argument = argumentAt(command, this.position);
    const commands = this.position > 0 ? [] : visible(command).map(commandCandidate);
    const choices = (argument?.argChoices ?? []).map((choice) => ({ word: choice, description: "" }));
    return {
      candidates: starting([...commands, ...choices], word),
      names: argument === undefined ? undefined : KINDS[argument.name()],
      given,
    };
  }

  private option(word: string): void {
    const [flag = "", value] = word.split(/=(.*)/s);
    const option = this.find(flag);
    if (option === undefined) return;
    if (value !== undefined) this.give(option, value);
    else if (option.required || option.optional) this.waiting = option;
    else this.give(option, "");
  }

  private give(option: Option, value: string): void {
    const name = option.attributeName();
    this.given.set(name, [...(this.given.get(name) ?? []), value]);
  }

  private find(flag: string): Option | undefined {
    return this.command.options.find(({ long, short }) => flag === long || flag === short);
  }

  /** Those that may still be given: one that collects its values may be repeated. */
  private options(): Candidate[] {
    return this.command
      .createHelp()
      .visibleOptions(this.command)
      .filter((option) => option.parseArg !== undefined || !this.given.has(option.attributeName()))
      .flatMap(({ long, description }) => (long ? { word: long, description } : []));
  }
}

function visible(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command);
}

function commandCandidate(command: Command): Candidate {
  return { word: command.name(), description: command.summary() || command.description() };
}

function argumentAt({ registeredArguments }: Command, position: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[position] ?? (last?.variadic ? last : undefined);
}

/** `name` of `--service <name>`. */
function valueName({ flags }: Option): string | undefined {
  return /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1];
}

function namesOf({ long }: Option): "services" | "nodes" {
  return long === "--service" ? "services" : "nodes";
}

function starting(candidates: readonly Candidate[], word: string): readonly Candidate[] {
  return candidates.filter((each) => each.word.startsWith(word));
}
