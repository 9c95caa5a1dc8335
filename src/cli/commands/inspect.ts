import type { Command } from "commander";
import type { PopulationNames } from "../../agent/populations.ts";
import { byCodeUnits } from "../../kernel/order.ts";
import { traceJson } from "../../observe/exports.ts";
import { eventsOf, inspectRun, type RunInspection } from "../../observing.ts";
import { chainOf } from "../../recording/inspect.ts";
import type { TraceEvent } from "../../trace.ts";
import { EXIT_FAILED } from "../errors.ts";
import { eventLine } from "../event-lines.ts";
import { addFilterOptions, type FilterOptions, filterOf } from "../options.ts";

/** Answers that a chain shows beside the last one. */
const ANSWERS_MAX = 5;

/** Lines of a table. */
const ROWS_MAX = 15;

interface InspectOptions extends FilterOptions {
  readonly json?: boolean;
  readonly events?: boolean;
  readonly chain?: string;
}

/** Add `cosimas inspect` to the program. */
export function addInspectCommand(program: Command, ends: (exitCode: number) => void): void {
  const command = program
    .command("inspect")
    .description("say what a recording has; its events; or what led to one of them")
    .argument("<recording>", "a recording")
    .option("--events", "print its events, a line each; those that the options below choose")
    .option("--chain <event>", "print the event of this id, and what led to it")
    .option("--json", "print JSON; of events a line each")
    .option("--debug", "print the stacks of errors");
  addFilterOptions(command).action(async (path: string, options: InspectOptions) => {
    const { json = false, events = false, chain } = options;
    if (chain !== undefined) ends(await printChain(path, chain, json));
    else if (events || Object.keys(filterOf(options)).length > 0) await printEvents(path, options);
    else {
      const found = await inspectRun(path);
      const shown = json ? traceJson({ ...found, ...mapsOf(found) }) : linesOf(found).join("\n");
      process.stdout.write(`${shown}\n`);
    }
  });
}

async function printEvents(path: string, options: InspectOptions): Promise<void> {
  for await (const { event, ticksPerSecond } of eventsOf(path, filterOf(options))) {
    const line = options.json ? traceJson(event) : eventLine(event, ticksPerSecond);
    if (!(await write(`${line}\n`))) return;
  }
}

async function printChain(path: string, id: string, json: boolean): Promise<number> {
  const [chain, { header }] = [await chainOf(path, id), await inspectRun(path)];
  if (chain === undefined) {
    process.stderr.write(`cosimas: there is no event ${id} in ${path}\n`);
    return EXIT_FAILED;
  }
  const line = (event: TraceEvent) => eventLine(event, header.ticksPerSecond);
  const lines = chain.flatMap(({ event, answers, logs }, i) => {
    if (json) return [traceJson(answers.length + logs.length > 0 ? { ...event, answers, logs } : event)];
    const more = answers.length - ANSWERS_MAX;
    return [
      `${i === 0 ? "" : "  caused by "}${line(event)}`,
      ...answers.slice(0, ANSWERS_MAX).map((answer) => `    and by  ${line(answer)}`),
      ...(more > 0 ? [`    and by  ${more} more answers`] : []),
      ...logs.map((log) => `    logged  ${line(log)}`),
    ];
  });
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

/** Wait while nobody reads. @returns Whether anybody will. */
async function write(text: string): Promise<boolean> {
  const { stdout } = process;
  if (stdout.writable && !stdout.write(text)) {
    await new Promise<void>((resolve) => {
      const goOn = () => {
        for (const event of ["drain", "close"]) stdout.off(event, goOn);
        resolve();
      };
      for (const event of ["drain", "close"]) stdout.once(event, goOn);
    });
  }
  return stdout.writable;
}

function mapsOf({ kinds, agents, messages, feeds }: RunInspection): object {
  return Object.fromEntries(
    Object.entries({ kinds, agents, messages, feeds }).map(([name, map]) => [name, Object.fromEntries(map)]),
  );
}

function linesOf(found: RunInspection): string[] {
  const { header, summary, missing, events, kinds, agents, messages, feeds, faults } = found;
  const { cosimas, node } = header.versions;
  const lines = [
    `seed ${header.seed}, from ${header.start}, cosimas ${cosimas}, Node ${node}`,
    ...populationLines(header.options["populations"]),
    `${events} events of ${agents.size} agents from ${found.firstS} s to ${found.lastS} s`,
    summary === undefined ? `torn: ${missing}` : `whole, trace hash ${summary.traceHash ?? "unknown"}`,
    ...header.modules.map(({ path, sha256 }) => `module ${path}, ${sha256.slice(0, 12)}`),
    ...table("events", kinds),
    ...table("done to it", feeds),
    ...table("messages", messages),
  ];
  if (faults.length > 0)
    lines.push("", "faults", ...faults.map((event) => `  ${eventLine(event, header.ticksPerSecond)}`));
  return lines;
}

/** Of a run that was one of several populations. */
function populationLines(names: unknown): string[] {
  if (names === undefined) return [];
  const { population, peers, delayS } = names as PopulationNames;
  const all = [population, ...peers].sort(byCodeUnits).join(", ");
  return [`population ${population}, one of ${all}; ${delayS} s between them`];
}

function table(title: string, counts: ReadonlyMap<string, number>): string[] {
  if (counts.size === 0) return [];
  const rows = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const width = Math.max(...rows.slice(0, ROWS_MAX).map(([, count]) => String(count).length));
  const lines = rows.slice(0, ROWS_MAX).map(([name, count]) => `  ${String(count).padStart(width)}  ${name}`);
  if (rows.length > ROWS_MAX) lines.push(`  ${rows.length - ROWS_MAX} more`);
  return ["", title, ...lines];
}
