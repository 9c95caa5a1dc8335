import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { setStrictByDefault } from "../../agent/strict-default.ts";
import type { ParameterDeclarations, ParameterValues } from "../../cosim/parameter.ts";
import type { Scenario } from "../../cosim/scenario.ts";
import { ScenarioError } from "../../errors.ts";
import { checkTarget } from "../../recording/target.ts";
import type { TraceSource } from "../../trace.ts";
import { turn } from "../../wall.ts";
import { EXIT_FAILED, EXIT_FINE, errorLines, UsageError } from "../errors.ts";
import { loadModule, moduleUrl, SCENARIO } from "../load.ts";
import { isolationOption, parseCount, type SpreadIsolation } from "../options.ts";
import {
  addParameter,
  addParameters,
  HELP_COLUMNS,
  optionName,
  optionWords,
  reproduceCommand,
  SEED,
} from "../parameters.ts";
import { ProgressLine } from "../progress.ts";
import { RunResult } from "../result.ts";
import { RunPlots } from "../run-plots.ts";
import { ScenarioRecording } from "../scenario-recording.ts";
import { Interrupt, lastResort } from "../signals.ts";
import { runSweep, type SweepRequest, sweepPoints } from "../sweep.ts";
import { watch } from "../watchdog.ts";
import { addWatchOptions, splitWatchFlags, untilSignal, type WatchFlags, Watching } from "../watching.ts";

/** One run, as the command line asks for it. */
export interface RunRequest {
  readonly seed: number;
  readonly parameters: ParameterValues<ParameterDeclarations>;
  /** Folder for what the run writes. */
  readonly out: string;
  readonly containers: number;
  readonly isolation?: SpreadIsolation | undefined;
  /** File to record the run in. */
  readonly record?: string;
  /** The same, if the scenario records anything. */
  readonly mayRecord?: string;
  readonly debug: boolean;
  /** How it is shown while it goes on. */
  readonly watching?: WatchFlags;
  /** Whether recordings of that name may be replaced. */
  readonly force?: boolean;
  /** Whether all containers are strict that do not say otherwise. */
  readonly strict?: boolean;
  /** Run it once for each of these points instead. */
  readonly sweep?: Omit<SweepRequest, "given" | "out" | "force">;
}

/**
 * Add `cosimas run` to the program.
 *
 * A scenario's options are known only once it is loaded, so the arguments after its name are parsed by a command made
 * for it.
 */
export function addRunCommand(program: Command, ends: (exitCode: number) => void): void {
  // What help and completion show; they are taken behind the scenario, by the command that is made for it.
  const every = new Command().helpOption("-h, --help", "print this help");
  addParameter(every, "seed", SEED);
  addCommonOptions(every);
  const run: Command = program
    .command("run")
    .description("run a scenario")
    .argument("<scenario>", "module that exports a scenario by default, or a folder with a scenario.ts")
    .argument("[options...]", "the scenario's own options; see cosimas run <scenario> --help")
    .passThroughOptions()
    .allowUnknownOption()
    .helpOption("-h, --help", "print this help")
    .configureHelp({ visibleOptions: (own) => (own === run ? every.createHelp().visibleOptions(every) : []) })
    .action(async (given: string, args: string[]) => {
      if (given.startsWith("-"))
        throw new UsageError("ERR_CLI_USAGE", `the scenario comes before its options: ${given}`);
      const scenario = await loadModule(given, SCENARIO);
      const request = await parseRequest(scenario, given, args);
      if (request?.sweep !== undefined) {
        ends(await runSweep({ given, ...request.sweep, out: request.out, force: request.force === true }));
        return;
      }
      if (request === undefined) return;
      checkRecording(request);
      ends(await runScenario(scenario, given, request));
    });
}

interface CommonOptions extends WatchFlags {
  readonly seed: number;
  readonly out: string;
  readonly record?: string;
  readonly mayRecord?: string;
  readonly containers: number;
  readonly isolation?: SpreadIsolation;
  readonly debug?: boolean;
  readonly force?: boolean;
  readonly strict?: boolean;
  readonly sweep?: readonly string[];
  readonly jobs?: number;
}

/** Add the options that every scenario has besides its seed. */
function addCommonOptions(command: Command): void {
  command
    .option("--containers <number>", "containers that the agents live on", parseCount("containers"), 1)
    .addOption(isolationOption())
    .option("--strict", "refuse what makes runs differ: clocks, chance, timers and I/O of agents")
    .option("--out <folder>", "folder for what the run writes", "out")
    .option("--record <file>", "record the run, for replay, diff, inspect and export")
    .option("--force", "replace a recording of that name")
    .addOption(new Option("--may-record <file>").hideHelp())
    .option("--sweep <name=values...>", "run once for each value: seed=1..20, limit=0.8,1.0")
    .option("--jobs <number>", "runs of a sweep at a time; default: the cores", parseCount("jobs"))
    .option("--debug", "print the stacks of errors");
}

/**
 * Read a scenario's options.
 *
 * @returns Undefined if help was asked for, and given.
 * @throws UsageError or CommanderError if they are wrong.
 */
export async function parseRequest(
  scenario: Scenario,
  given: string,
  args: readonly string[],
): Promise<RunRequest | undefined> {
  const command = new Command(`cosimas run ${given}`)
    .description(`${scenario.name}\n${scenario.description}`.trim())
    .helpOption("-h, --help", "print this help")
    .configureOutput({ outputError: () => {}, getOutHelpWidth: () => HELP_COLUMNS })
    .allowExcessArguments(false)
    .exitOverride();
  addParameter(command, "seed", SEED);
  const valuesIn = addParameters(command, scenario.parameters);
  addWatchOptions(command);
  addCommonOptions(command);
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if ((error as { code?: unknown }).code === "commander.helpDisplayed") return undefined;
    throw error;
  }
  const [watching, options] = splitWatchFlags(command.opts<CommonOptions>());
  const { seed, out, containers, isolation, strict, record, mayRecord, debug, force, sweep, jobs, ...values } = options;
  const asked = { ...(record && { record }), ...(mayRecord && { mayRecord }), ...(force && { force }) };
  checkSpread(scenario, containers, isolation);
  const request: RunRequest = {
    ...{ seed, out, containers, debug: debug === true, parameters: valuesIn(values) },
    ...(Object.keys(watching).length > 0 && { watching }),
    ...asked,
    ...(strict && { strict }),
    ...(isolation && { isolation }),
  };
  if (sweep === undefined) return request;
  if (record !== undefined) throw new UsageError("ERR_CLI_USAGE", "each run of a sweep is recorded beside its folder");
  if (Object.keys(watching).length > 0) throw new UsageError("ERR_CLI_USAGE", "a sweep of many runs has no page");
  const points = sweepPoints(sweep);
  const swept = new Set(points[0]!.map(([name]) => name));
  const names = new Set(["seed", ...Object.keys(scenario.parameters).map(optionName)]);
  for (const name of swept) {
    if (names.has(name)) continue;
    const known = [...names].join(", ");
    throw new UsageError("ERR_CLI_VALUE", `--sweep ${name}: the scenario has no such parameter; it has: ${known}`);
  }
  const own = optionWords(seed, scenario.parameters, request.parameters, swept);
  if (scenario.containers) own.push("--containers", String(containers));
  if (isolation !== undefined) own.push("--isolation", isolation);
  if (strict) own.push("--strict");
  if (request.force) own.push("--force");
  return { ...request, sweep: { args: own, points, ...(jobs !== undefined && { jobs }) } };
}

/** @throws UsageError if the scenario's agents cannot be spread, and that is asked for. */
function checkSpread({ name, containers: canSpread }: Scenario, containers: number, isolation?: string): void {
  if (canSpread || (containers === 1 && isolation === undefined)) return;
  const option = containers === 1 ? `--isolation ${isolation}` : `--containers ${containers}`;
  const advice =
    "to be spread, a scenario says `containers: true` and gives `context.population` to its AgentSimulator";
  throw new UsageError("ERR_CLI_VALUE", `${option}: the scenario ${name} runs in one container; ${advice}`);
}

/** A name that is taken is told before the run, not after an hour of it. @throws RecordingError `ERR_RECORDING_EXISTS` */
function checkRecording({ record, mayRecord, force }: RunRequest): void {
  const path = record ?? mayRecord;
  if (path !== undefined) checkTarget(path, { replace: force === true });
}

/** Run it, report how it went, and say how to do it again. */
async function runScenario(scenario: Scenario, given: string, request: RunRequest): Promise<number> {
  const { seed, parameters, debug } = request;
  const progress = new ProgressLine(process.stderr);
  const say = (lines: readonly string[]) => {
    progress.clear();
    process.stderr.write(`${lines.join("\n")}\n`);
  };
  const interrupt = new Interrupt((name) => say([`cosimas: ${name}: ending the run; once more to kill it`]));
  const unwatch = watch(interrupt);
  if (request.strict) setStrictByDefault();
  const reproduce = `reproduce: ${reproduceCommand(given, seed, scenario.parameters, parameters)}`;
  const told = (error: unknown) => [...(interrupt.told() ?? errorLines(error, debug)), reproduce];
  const release = lastResort((error) => {
    say(told(error));
    process.exit(interrupt.exitCode ?? EXIT_FAILED);
  });
  const module = new URL(await moduleUrl(given, SCENARIO.folderFiles));
  const outDir = resolve(request.out);
  const recording = new ScenarioRecording(request.record ?? request.mayRecord, { replace: request.force === true });
  const result = new RunResult(outDir, Object.keys(scenario.parameters));
  const plots = new RunPlots(scenario.series);
  const print = printer(progress);
  let lines: readonly string[] = [reproduce];
  let exitCode = EXIT_FINE;
  let askedForSpread = false;
  let watching: Watching | undefined;
  try {
    const page = await openedPage(scenario, request, interrupt, say);
    watching = page;
    await scenario.run({
      parameters,
      seed,
      get outDir() {
        mkdirSync(outDir, { recursive: true });
        return outDir;
      },
      signal: interrupt.signal,
      get containers() {
        askedForSpread = true;
        return request.containers;
      },
      get population() {
        askedForSpread = true;
        return { containers: request.containers, isolation: request.isolation, module };
      },
      record: (options) => page.journal(plots.journal(recording.begin(options))),
      progress: page.following(progress),
      watch: (source) => addTo([plots, page], source),
      print,
      result: (figures) => result.add(figures),
    });
    if (request.record !== undefined) recording.assertUsed();
    if (!askedForSpread) checkNotSpread(given, request);
    for (const line of plots.text()) print(line);
    if (interrupt.exitCode !== undefined) lines = [...(interrupt.told() ?? []), reproduce];
  } catch (error) {
    // A signal to the whole group may have ended a container before it is heard here.
    await turn();
    exitCode = EXIT_FAILED;
    lines = told(error);
  } finally {
    release();
    unwatch();
    interrupt.release();
  }
  say(lines);
  await stay(watching, exitCode === EXIT_FAILED ? lines : [], interrupt.exitCode !== undefined, say);
  return interrupt.exitCode ?? exitCode;
}

/** Writes a line to standard output, where progress may stand. */
function printer(progress: ProgressLine): (line: string) => void {
  return (line) => {
    progress.clear();
    process.stdout.write(`${line}\n`);
  };
}

function addTo(watchers: readonly { add(source: TraceSource): void }[], source: TraceSource): void {
  for (const watcher of watchers) watcher.add(source);
}

/** @throws ScenarioError if the run was to be spread: the scenario says that it can be, and has not looked. */
function checkNotSpread(given: string, { containers, isolation }: RunRequest): void {
  if (containers === 1 && isolation === undefined) return;
  const text = `${given} has run in one container: its \`run\` does not use context.population, though it says containers: true`;
  throw new ScenarioError("ERR_SCENARIO_CONTAINERS", text);
}

/** The page that was asked for; it holds the run no longer when that is interrupted. */
async function openedPage(
  { name, topology }: Scenario,
  { watching: flags = {}, record }: RunRequest,
  interrupt: Interrupt,
  say: (lines: readonly string[]) => void,
): Promise<Watching> {
  const shown = { title: name, ...(topology && { topology }), ...(record && { recording: record }) };
  const watching = await Watching.open(flags, shown, (line) => say([line]));
  interrupt.signal.addEventListener("abort", () => watching.release());
  return watching;
}

/** The run is over; its page stays until the user has seen enough. */
async function stay(
  watching: Watching | undefined,
  failure: readonly string[],
  isInterrupted: boolean,
  say: (lines: readonly string[]) => void,
): Promise<void> {
  if (watching === undefined) return;
  try {
    await watching.end(failure.join("\n"));
    if (!watching.hasPage || isInterrupted) return;
    say([`the run is over; its page stays until Ctrl-C: ${watching.url}`]);
    await untilSignal();
  } finally {
    await watching.close();
  }
}
