import { Argument, Command } from "commander";
import { completeWords } from "./completion/complete-words.js";
import { type Shell, scripts, shells } from "./completion/scripts.js";
import type { Terminal } from "./output/terminal.js";

const examples = `
Examples:
  echo 'source <(helio completion bash)' >> ~/.bashrc
  echo 'source <(helio completion zsh)' >> ~/.zshrc         after compinit
  helio completion fish > ~/.config/fish/completions/helio.fish

Completes commands, options, and the names of the nodes, services and methods that are there.`;

/** `helio completion`: what a shell needs to complete `helio`. */
export function completionCommand(terminal: Terminal): Command {
  return new Command("completion")
    .summary("print a script that completes helio in a shell")
    .description("Print a script by which a shell completes the command.")
    .addArgument(new Argument("<shell>", "for which shell").choices(shells))
    .addHelpText("after", examples)
    .action((shell: Shell) => terminal.print(scripts[shell].trimEnd()));
}

/** `helio complete`: asked by those scripts, with the words up to the cursor. A line each: candidate, tab, description. */
export function completeCommand(terminal: Terminal): Command {
  return new Command("complete")
    .argument("[words...]")
    .action(async (words: readonly string[], _flags: object, command: Command) => {
      const program = command.parent;
      if (program === null) return;
      const completion = completeWords(program, words);
      const word = words.at(-1) ?? "";
      const { knownNames } = await import("./completion/known-names.js");
      const names = completion.names === undefined ? [] : await knownNames(completion, word, terminal);
      for (const each of [...completion.candidates, ...names]) {
        terminal.print(`${each.word}\t${each.description}`);
      }
    });
}
