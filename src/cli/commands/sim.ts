import { constants } from "node:os";
import { Command, Option } from "commander";
import { LOG_LEVELS, type LogLevel, type Servable, type ServeContext } from "../../cosim/servable.ts";
import { EXIT_FAILED, EXIT_FINE, EXIT_SIGNAL, errorLines, UsageError } from "../errors.ts";
import { loadModule, moduleUrl, SIMULATOR } from "../load.ts";
import { isolationOption, logFrom, parseCount, parseHostPort, parseSeconds, type SpreadIsolation } from "../options.ts";
import { addParameters, HELP_COLUMNS } from "../parameters.ts";
import { recordIn } from "../scenario-recording.ts";
import { Interrupt, lastResort, watchParent } from "../signals.ts";
import { watch } from "../watchdog.ts";
import { addWatchOptions, splitWatchFlags, type WatchFlags, Watching } from "../watching.ts";

/** Seconds to wait for mosaik; source: mosaik-api-v3. */
const TIMEOUT_S = 60;

/** Said on the page beside pause. */
const HELD =
  "A master outside steps this run: pause holds back only our answer to its step. It waits meanwhile, and gives up if it has a time-out; in real time it falls behind.";

interface SimOptions extends WatchFlags {
  readonly remote?: boolean;
  readonly logLevel: LogLevel;
  /** Seconds. */
  readonly timeout: number;
  readonly insecure?: boolean;
  readonly record?: string;
  readonly containers?: number;
  readonly isolation?: SpreadIsolation;
  readonly force?: boolean;
  readonly debug?: boolean;
  readonly help?: boolean;
}

/** What a simulator is served with: the address and values of its own parameters. */
interface SimRequest {
  readonly address: string;
  readonly parameters: ServeContext["parameters"];
}

/**
 * Add `cosimas sim` to the program; its options are those of a simulator that mosaik's Python API starts.
 *
 * A simulator's own options are known only once it is loaded, so what is left after the common ones is parsed by a
 * command made for it. Standard output stays empty, since mosaik's own may be the same; the log goes to standard error.
 */
export function addSimCommand(program: Command, ends: (exitCode: number) => void): void {
  const levels = new Option("-l, --log-level <level>", "what is logged, on standard error").choices(LOG_LEVELS);
  const sim = program
    .command("sim")
    .usage("<module> HOST:PORT [options]")
    .description("serve a simulator to mosaik, until mosaik says stop")
    .argument("[module]", "module that exports a simulator by default: defineSimulator(() => …)")
    .argument("[address]", "HOST:PORT of the mosaik to connect to; %(addr)s in mosaik's cmd")
    .argument("[options...]", "the simulator's own options; see cosimas sim <module> --help")
    .option("-r, --remote", "listen on HOST:PORT, and wait for mosaik to connect")
    .addOption(levels.default("info"))
    .option("-t, --timeout <seconds>", "how long to wait for mosaik, with --remote", parseSeconds, TIMEOUT_S)
    .option("--insecure", "listen though other machines can reach HOST:PORT, and nothing is encrypted")
    .option("--record <file>", "record the run of a population of agents, for cosimas replay")
    .option(
      "--containers <number>",
      "containers that a population of agents lives on; it changes no result",
      parseCount("containers"),
    )
    .addOption(isolationOption())
    .option("--force", "replace a recording of that name")
    .option("--debug", "print the stacks of errors");
  addWatchOptions(sim)
    .helpOption(false)
    .option("-h, --help", "print this help")
    .allowUnknownOption()
    .action(async (_module, _address, _rest, options: SimOptions, command: Command) => {
      const [given, ...rest] = command.args;
      if (given === undefined && options.help === true) command.outputHelp();
      else ends(await serve(given, rest, options));
    });
}

async function serve(given: string | undefined, rest: readonly string[], options: SimOptions): Promise<number> {
  const { remote = false, insecure = false, debug = false, help = false } = options;
  if (given === undefined) throw new UsageError("ERR_CLI_USAGE", "missing argument: the simulator's module");
  if (given.startsWith("-")) throw new UsageError("ERR_CLI_USAGE", `the module comes before its options: ${given}`);
  // mosaik may be killed, and who reads the log with it.
  process.stderr.on("error", () => {});
  // mosaik waits for a moment only after its stop; what is being ended then, a recording perhaps, has a bound of its own.
  let isEnding = false;
  const interrupt = new Interrupt((name) => isEnding || process.exit(EXIT_SIGNAL + constants.signals[name]));
  const unwatch = watch(interrupt);
  // Who starts a simulator by hand may go away; mosaik, which starts it otherwise, may not.
  if (!remote) watchParent(() => process.exit(EXIT_SIGNAL + constants.signals.SIGTERM));
  const report = (error: unknown) => process.stderr.write(`${errorLines(error, debug).join("\n")}\n`);
  const release = lastResort((error) => {
    report(error);
    process.exit(EXIT_FAILED);
  });
  const log = logFrom(options.logLevel);
  try {
    const simulator = await loadModule(given, SIMULATOR);
    const request = parseRequest(simulator, given, help ? ["--help"] : rest, remote);
    if (request === undefined) return EXIT_FINE;
    const module = new URL(await moduleUrl(given, SIMULATOR.folderFiles));
    const [flags, { containers, isolation, record, force }] = splitWatchFlags(options);
    const isSpread = containers !== undefined || isolation !== undefined;
    const shown = { title: given, note: HELD };
    const watching = await Watching.open(flags, shown, (line) => process.stderr.write(`${line}\n`));
    try {
      const journal = watching.journal(
        record === undefined ? undefined : recordIn(record, [module], { replace: force === true }),
      );
      await simulator.serve({
        ...{ ...request, remote, insecure, timeoutMs: options.timeout * 1000, log },
        onStop: () => {
          isEnding = true;
        },
        ...(journal && { record: journal }),
        ...(isSpread && { population: { containers, isolation, module } }),
      });
    } finally {
      await watching.close();
    }
    return EXIT_FINE;
  } finally {
    release();
    unwatch();
  }
}

/** @returns Undefined if help was asked for, and given. */
function parseRequest(
  simulator: Servable,
  given: string,
  args: readonly string[],
  remote: boolean,
): SimRequest | undefined {
  const command = new Command(`cosimas sim ${given}`)
    .description("The simulator's own options; those of all simulators: cosimas sim --help")
    .argument("<address>", "HOST:PORT")
    .helpOption("-h, --help", "print this help")
    .configureOutput({ outputError: () => {}, getOutHelpWidth: () => HELP_COLUMNS })
    .allowExcessArguments(false)
    .exitOverride();
  const valuesIn = addParameters(command, simulator.parameters);
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if ((error as { code?: unknown }).code === "commander.helpDisplayed") return undefined;
    throw error;
  }
  return { address: parseHostPort(command.args[0]!, remote), parameters: valuesIn(command.opts()) };
}
