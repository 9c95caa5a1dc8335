import { Command, CommanderError } from "commander";
import { RecordingError, ScenarioError } from "../errors.ts";
import { packageVersion } from "../version.ts";
import { EXIT_FAILED, EXIT_FINE, EXIT_USAGE, errorLines, UsageError } from "./errors.ts";
import { HELP_COLUMNS } from "./parameters.ts";

/** Adds a command to the program; `ends` is told with what to exit, if not with 0. */
type AddCommand = (program: Command, ends: (exitCode: number) => void) => void;

/** The commands in the order of the help. What one needs is loaded when it is called, or when all are wanted. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  init: async () => (await import("./commands/init.ts")).addInitCommand,
  run: async () => (await import("./commands/run.ts")).addRunCommand,
  sim: async () => (await import("./commands/sim.ts")).addSimCommand,
  federate: async () => (await import("./commands/federate.ts")).addFederateCommand,
  container: async () => (await import("./commands/container.ts")).addContainerCommand,
  replay: async () => (await import("./commands/replay.ts")).addReplayCommand,
  view: async () => (await import("./commands/view.ts")).addViewCommand,
  diff: async () => (await import("./commands/diff.ts")).addDiffCommand,
  inspect: async () => (await import("./commands/inspect.ts")).addInspectCommand,
  export: async () => (await import("./commands/export.ts")).addExportCommand,
  recover: async () => (await import("./commands/recover.ts")).addRecoverCommand,
  doctor: async () => (await import("./commands/doctor.ts")).addDoctorCommand,
  completion: async () => (await import("./commands/completion.ts")).addCompletionCommand,
};

const EXAMPLES = `
Examples:
  cosimas init my-agents                   write a small project to begin with
  cosimas run scenario.ts                  run the scenario that it exports
  cosimas run scenario.ts --help           show the scenario's own options
  cosimas run scenario.ts --seed 7         run it with other random numbers
  cosimas sim agents.ts 127.0.0.1:5555     serve agents.ts to the mosaik there
  cosimas federate agents.ts               take part in a HELICS federation
  cosimas run scenario.ts --watch          watch and hold the run on a page
  cosimas run scenario.ts --record a.mcap  record the run
  cosimas view a.mcap                      look at a recording on a page
  cosimas replay a.mcap                    run its agents again, and compare
  cosimas inspect a.mcap --agent PV-1      what happened to an agent, by whom
  cosimas export a.mcap -f parquet         its events for pandas or DuckDB
  cosimas diff a.mcap b.mcap               the first event that differs
  cosimas container agents.ts HOST:PORT    be a container of a platform there

Exit codes: 0 fine (sim: mosaik said stop), 1 the run failed, mosaik or the
platform was lost or the module does not load; of replay and diff: they differ.
2 wrong usage, no such module or recording; 130 or 143 interrupted. Errors are
written as "cosimas: <code>: <message>"; --debug adds stacks.`;

/**
 * Do what the command line says.
 *
 * @param args - Arguments after the program's name.
 * @returns The exit code.
 */
export async function runProgram(args: readonly string[]): Promise<number> {
  let exitCode = EXIT_FINE;
  const program = new Command("cosimas")
    .description("Co-simulated multi-agent systems: run scenarios of agents and simulators")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .enablePositionalOptions()
    .configureOutput({
      outputError: () => {},
      getOutHelpWidth: () => HELP_COLUMNS,
      getErrHelpWidth: () => HELP_COLUMNS,
    })
    .exitOverride()
    .addHelpText("after", EXAMPLES);
  const ends = (code: number) => {
    exitCode = code;
  };
  for (const add of await commandsFor(args)) add(program, ends);
  const debug = args.includes("--debug");
  try {
    if (args.length === 0) {
      process.stderr.write(program.helpInformation());
      return EXIT_USAGE;
    }
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT_FINE;
    // Whoever reads standard output has seen enough.
    if ((error as { cause?: { code?: unknown } } | undefined)?.cause?.code === "EPIPE") return EXIT_FINE;
    const usage = error instanceof CommanderError ? fromCommander(error) : error;
    process.stderr.write(`${errorLines(usage, debug).join("\n")}\n`);
    const isUsage = usage instanceof UsageError || isOfFiles(usage) || isUnfit(usage);
    return isUsage ? EXIT_USAGE : EXIT_FAILED;
  }
}

/** The command that is called; all of them where help, completion or a suggestion names them. */
async function commandsFor([first]: readonly string[]): Promise<AddCommand[]> {
  if (first === "-V" || first === "--version") return [];
  const isOne = first !== undefined && first !== "completion" && Object.hasOwn(COMMANDS, first);
  const wanted = isOne ? [COMMANDS[first]!] : Object.values(COMMANDS);
  return Promise.all(wanted.map((load) => load()));
}

/** A recording that cannot be read (1 would say that runs differ), or a name that is taken. */
function isOfFiles(error: unknown): boolean {
  return error instanceof RecordingError && /_(OPEN|FORMAT|DAMAGED|EXISTS|BUSY|FILTER)$/.test(error.code);
}

/** An option of the command that the module cannot honour. */
function isUnfit(error: unknown): boolean {
  return error instanceof ScenarioError && error.code === "ERR_SCENARIO_CONTAINERS";
}

function fromCommander(error: CommanderError): UsageError {
  const advice =
    "see `cosimas --help`, `cosimas run <scenario> --help`, `cosimas sim --help`, `cosimas federate --help` or `cosimas container --help`";
  return new UsageError("ERR_CLI_USAGE", `${error.message.replace(/^error: /, "")}; ${advice}`);
}
