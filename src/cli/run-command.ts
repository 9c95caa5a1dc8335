import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import type { ParameterDeclarations, ParameterValues } from "../parameter.ts";
import type { Scenario } from "../scenario.ts";
import { EXIT_FAILED, EXIT_FINE, UsageError } from "./exit-code.ts";
import { Interrupt } from "./interrupt.ts";
import { lastResort } from "./last-resort.ts";
import { loadModule, SCENARIO } from "./load-module.ts";
import { addParameter, addParameters } from "./parameter-options.ts";
import { reproduceCommand, SEED } from "./parameters.ts";
import { ProgressLine } from "./progress.ts";
import { Recorder } from "./recorder.ts";
import { errorLines } from "./report-error.ts";

/** One run, as the command line asks for it. */
export interface RunRequest {
  readonly seed: number;
  readonly parameters: ParameterValues<ParameterDeclarations>;
  /** Folder for what the run writes. */
  readonly out: string;
  /** File to record the run in. */
  readonly record?: string;
  readonly debug: boolean;
}

/**
 * Add `cosimas run` to the program.
 *
 * A scenario's options are known only once it is loaded, so the arguments after its name are parsed by a command made
 * for it.
 */
export function addRunCommand(program: Command, ends: (exitCode: number) => void): void {
  const run = program
    .command("run")
    .description("run a scenario")
    .argument("<scenario>", "module that exports a scenario by default, or a folder with a scenario.ts")
    .argument("[options...]", "the scenario's own options; see cosimas run <scenario> --help")
    .passThroughOptions()
    .allowUnknownOption()
    .helpOption("-h, --help", "print this help")
    .action(async (given: string, args: string[]) => {
      if (given.startsWith("-"))
        throw new UsageError("ERR_CLI_USAGE", `the scenario comes before its options: ${given}`);
      const scenario = await loadModule(given, SCENARIO);
      const request = await parseRequest(scenario, given, args);
      ends(request === undefined ? EXIT_FINE : await runScenario(scenario, given, request));
    });
  run.copyInheritedSettings(program);
}

interface CommonOptions {
  readonly seed: number;
  readonly out: string;
  readonly record?: string;
  readonly debug?: boolean;
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
    .configureOutput({ outputError: () => {} })
    .allowExcessArguments(false)
    .exitOverride();
  addParameter(command, "seed", SEED);
  const valuesIn = addParameters(command, scenario.parameters);
  command.option("--out <folder>", "folder for what the run writes", "out");
  command.option("--record <file>", "record the run, for cosimas replay, diff, inspect and export");
  command.option("--debug", "print the stacks of errors");
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if ((error as { code?: unknown }).code === "commander.helpDisplayed") return undefined;
    throw error;
  }
  const { seed, out, record, debug, ...values } = command.opts<CommonOptions>();
  const recorded = record === undefined ? {} : { record };
  return { seed, out, debug: debug === true, parameters: valuesIn(values), ...recorded };
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
  const reproduce = `reproduce: ${reproduceCommand(given, seed, scenario.parameters, parameters)}`;
  const release = lastResort((error) => {
    say([...errorLines(error, debug), reproduce]);
    process.exit(EXIT_FAILED);
  });
  const outDir = resolve(request.out);
  const recorder = new Recorder(request.record);
  let failure: readonly string[] = [];
  try {
    await scenario.run({
      parameters,
      seed,
      get outDir() {
        mkdirSync(outDir, { recursive: true });
        return outDir;
      },
      signal: interrupt.signal,
      record: (options) => recorder.begin(options),
      progress: (fraction, label) => progress.update(fraction, label),
      print: (line) => {
        progress.clear();
        process.stdout.write(`${line}\n`);
      },
    });
    recorder.assertUsed();
  } catch (error) {
    failure = errorLines(error, debug);
  } finally {
    release();
    interrupt.release();
  }
  say([...failure, reproduce]);
  if (interrupt.exitCode !== undefined) return interrupt.exitCode;
  return failure.length > 0 ? EXIT_FAILED : EXIT_FINE;
}
