import { constants } from "node:os";
import { Command, Option } from "commander";
import { LOG_LEVELS, type LogLevel, type Servable, type ServeContext } from "../../cosim/servable.ts";
import { turn } from "../../wall.ts";
import { EXIT_FAILED, EXIT_FINE, EXIT_SIGNAL, errorLines, UsageError } from "../errors.ts";
import { FEDERATE, loadModule, moduleUrl } from "../load.ts";
import { isolationOption, logFrom, parseCount, parseSeconds, parseUntil } from "../options.ts";
import { addParameters, HELP_COLUMNS } from "../parameters.ts";
import { recordIn } from "../scenario-recording.ts";
import { Interrupt, lastResort } from "../signals.ts";
import { asSupervised, canBeSupervised, endInTime, supervise } from "../supervised.ts";
import { watch } from "../watchdog.ts";
import { addWatchOptions, splitWatchFlags, type WatchFlags, Watching } from "../watching.ts";

/** Options that go to the adapter as they are, by its own names. */
const SETTINGS = [
  ...["name", "broker", "coreType", "coreInit", "library", "helicsIsolation", "helicsAffinity", "configuration"],
  "untilS",
] as const;

/** Said on the page beside pause. */
const HELD =
  "A HELICS federation steps this run: pause holds back only our next request of time. All others wait meanwhile, and give up if they have a time-out.";

interface FederateCommandOptions extends WatchFlags {
  readonly logLevel: LogLevel;
  readonly broker?: string;
  readonly coreType?: string;
  readonly coreInit?: string;
  readonly name?: string;
  readonly library?: string;
  readonly helicsIsolation?: "process" | "inline";
  readonly helicsAffinity?: "one" | "all";
  readonly config?: string;
  /** Seconds. */
  readonly until?: number;
  /** Seconds. */
  readonly timeout?: number;
  readonly containers?: number;
  readonly isolation?: "inline" | "thread" | "process";
  readonly record?: string;
  readonly force?: boolean;
  readonly debug?: boolean;
  readonly help?: boolean;
}

/**
 * Add `cosimas federate` to the program: a population of agents as a federate of a HELICS federation. As with `sim`, the
 * module's own options are known once it is loaded; standard output stays empty.
 */
export function addFederateCommand(program: Command, ends: (exitCode: number) => void): void {
  const levels = new Option("-l, --log-level <level>", "what is logged, on standard error").choices(LOG_LEVELS);
  const federate = program
    .command("federate")
    .usage("<module> [options]")
    .description("let a population of agents take part in a HELICS federation, until its end")
    .argument("[module]", "module that exports a federate by default: defineFederate(() => …)")
    .argument("[options...]", "the module's own options; see cosimas federate <module> --help")
    .option(
      "-b, --broker <address>",
      "HOST:PORT of the broker, for ipc its queue's name; default: HELICS' own, on this machine",
    )
    .option("--core-type <type>", "how the broker is reached: zmq, tcpss, ipc …")
    .option("--core-init <text>", "further options of the core, as HELICS has them")
    .option("-n, --name <name>", "name of the federate")
    .option("--config <file>", "HELICS' own configuration of the federate, JSON")
    .option("--library <file>", "libhelics; default: HELICS_LIBRARY, then the Python package helics")
    .addOption(
      new Option(
        "--helics-isolation <where>",
        "where HELICS runs, seen from the agents; default: inline, if it can be",
      ).choices(["process", "inline"]),
    )
    .addOption(
      new Option(
        "--helics-affinity <processors>",
        "processors that HELICS' threads run on; default: one, where that is faster",
      ).choices(["one", "all"]),
    )
    .option("--until <seconds>", "end of the federate's part, in seconds of simulation", parseUntil)
    .option("-t, --timeout <seconds>", "how long to look for the broker", parseSeconds)
    .addOption(levels.default("info"))
    .option("--record <file>", "record the run of the population, for cosimas replay")
    .option("--force", "replace a recording of that name")
    .option(
      "--containers <number>",
      "containers that the population lives on; it changes no result",
      parseCount("containers"),
    )
    .addOption(isolationOption())
    .option("--debug", "print the stacks of errors");
  addWatchOptions(federate)
    .helpOption(false)
    .option("-h, --help", "print this help")
    .allowUnknownOption()
    .action(async (_module, _rest, options: FederateCommandOptions, command: Command) => {
      const [given, ...rest] = command.args;
      if (given === undefined && options.help === true) command.outputHelp();
      else ends(await serve(given, rest, options));
    });
  federate.copyInheritedSettings(program);
}

async function serve(
  given: string | undefined,
  rest: readonly string[],
  options: FederateCommandOptions,
): Promise<number> {
  const { debug = false, help = false, containers, isolation } = options;
  if (given === undefined) throw new UsageError("ERR_CLI_USAGE", "missing argument: the module of the federate");
  if (given.startsWith("-")) throw new UsageError("ERR_CLI_USAGE", `the module comes before its options: ${given}`);
  process.stderr.on("error", () => {});
  const log = logFrom(options.logLevel);
  const supervisor = asSupervised();
  const isInline = !help && mayBeInline(options);
  if (supervisor === undefined && isInline && canBeSupervised()) return supervise("HELICS", log);
  let isServing = false;
  const onFirst = (name: NodeJS.Signals) => {
    const exit = () => process.exit(EXIT_SIGNAL + constants.signals[name]);
    if (!isServing) exit();
    // What is left then is ended with this program, and the process that holds HELICS tells the federation.
    else if (supervisor === undefined) endInTime(log, exit);
  };
  const interrupt = new Interrupt(onFirst, { passesOn: supervisor !== undefined });
  // A main thread that HELICS blocks gives no sign of life.
  const unwatch = isInline || help ? () => {} : watch(interrupt);
  const report = (lines: readonly string[]) => process.stderr.write(`${lines.join("\n")}\n`);
  const release = lastResort((error) => {
    report(interrupt.told() ?? errorLines(error, debug));
    process.exit(interrupt.exitCode ?? EXIT_FAILED);
  });
  try {
    const federate = await loadModule(given, FEDERATE);
    const parameters = parseParameters(federate, given, help ? ["--help"] : rest);
    if (parameters === undefined) return EXIT_FINE;
    const module = new URL(await moduleUrl(given, FEDERATE.folderFiles));
    const [flags] = splitWatchFlags(options);
    const shown = { title: given, note: HELD };
    const watching = await Watching.open(flags, shown, (line) => report([line]));
    interrupt.signal.addEventListener("abort", () => watching.release());
    try {
      const { record, force } = options;
      const isSpread = containers !== undefined || isolation !== undefined;
      const journal = watching.journal(
        record === undefined ? undefined : recordIn(record, [module], { replace: force === true }),
      );
      isServing = true;
      await federate.serve({
        ...{ parameters, address: options.broker ?? "", remote: false, insecure: false, timeoutMs: 0, log },
        signal: interrupt.signal,
        settings: { ...settingsOf(options), ...(supervisor !== undefined && { supervisor }) },
        ...(journal && { record: journal }),
        ...(isSpread && { population: { containers, isolation, module } }),
      });
    } finally {
      await watching.close();
    }
  } catch (error) {
    // A signal to the whole group may have ended a container before it is heard here.
    await turn();
    if (interrupt.exitCode === undefined) throw error;
  } finally {
    release();
    unwatch();
    interrupt.release();
  }
  // The federation was told, and the recording is whole: nothing has failed.
  const told = interrupt.told();
  if (told !== undefined) report(told);
  return interrupt.exitCode ?? EXIT_FINE;
}

/**
 * Whether HELICS may be inline: nothing that was asked for needs the agents' event loop while HELICS waits, which stands
 * still then.
 *
 * @throws UsageError if it is to be inline, and may not.
 */
function mayBeInline(options: FederateCommandOptions): boolean {
  const { watch, open, metrics, containers = 1, isolation = "inline", helicsIsolation } = options;
  const asked = [
    ...(watch || open ? ["--watch"] : []),
    ...(metrics === undefined ? [] : ["--metrics"]),
    ...(containers > 1 ? ["--containers"] : []),
    ...(isolation === "inline" ? [] : ["--isolation"]),
  ];
  if (asked.length === 0 || helicsIsolation !== "inline") return asked.length === 0 && helicsIsolation !== "process";
  const text = `${asked.join(", ")} cannot be had with --helics-isolation inline: agents stand still while HELICS waits`;
  throw new UsageError("ERR_CLI_USAGE", text);
}

/** What is given on the command line, by the adapter's names. */
function settingsOf(options: FederateCommandOptions): Readonly<Record<string, unknown>> {
  const { config, until, timeout, ...others } = options;
  const named: Readonly<Record<string, unknown>> = { ...others, configuration: config, untilS: until };
  const given = SETTINGS.flatMap((name) => (named[name] === undefined ? [] : [[name, named[name]] as const]));
  return { ...Object.fromEntries(given), ...(timeout !== undefined && { connectTimeoutMs: timeout * 1000 }) };
}

/** @returns Undefined if help was asked for, and given. */
function parseParameters(
  federate: Servable,
  given: string,
  args: readonly string[],
): ServeContext["parameters"] | undefined {
  const command = new Command(`cosimas federate ${given}`)
    .description("The module's own options; those of all federates: cosimas federate --help")
    .helpOption("-h, --help", "print this help")
    .configureOutput({ outputError: () => {}, getOutHelpWidth: () => HELP_COLUMNS })
    .allowExcessArguments(false)
    .exitOverride();
  const valuesIn = addParameters(command, federate.parameters);
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if ((error as { code?: unknown }).code === "commander.helpDisplayed") return undefined;
    throw error;
  }
  return valuesIn(command.opts());
}
