import { Argument, type Command } from "commander";

/** Shells that a completion is written for. */
const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** Add `cosimas completion` to the program. */
export function addCompletionCommand(program: Command): void {
  program
    .command("completion")
    .description("print what a shell completes cosimas by: source <(cosimas completion bash)")
    .addArgument(new Argument("<shell>", "bash, zsh or fish").choices(SHELLS))
    .action((shell: Shell) => {
      process.stdout.write(scriptFor(shell, program));
    });
}

function scriptFor(shell: Shell, program: Command): string {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    about: command.description().replaceAll("'", ""),
    options: command
      .createHelp()
      .visibleOptions(command)
      .flatMap(({ long }) => (long ? [long] : [])),
  }));
  const names = commands.map(({ name }) => name).join(" ");
  if (shell === "fish") {
    const lines = commands.flatMap(({ name, about, options }) => [
      `complete -c cosimas -n __fish_use_subcommand -a ${name} -d '${about}'`,
      ...options.map((option) => `complete -c cosimas -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`),
    ]);
    return `${lines.join("\n")}\n`;
  }
  const cases = commands.map(({ name, options }) => `    ${name}) words="${options.join(" ")}" ;;`);
  return [
    ...(shell === "zsh" ? ["autoload -U +X bashcompinit && bashcompinit"] : []),
    "_cosimas() {",
    "  local words",
    `  case \${COMP_WORDS[1]} in`,
    ...cases,
    `    *) words="" ;;`,
    "  esac",
    `  if [ "$COMP_CWORD" = 1 ]; then words="${names}"; fi`,
    `  case \${COMP_WORDS[COMP_CWORD]} in`,
    `    -*) COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}")) ;;`,
    `    *) if [ "$COMP_CWORD" = 1 ]; then COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"));`,
    `       else COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")); fi ;;`,
    "  esac",
    "}",
    "complete -o filenames -F _cosimas cosimas",
    "",
  ].join("\n");
}
