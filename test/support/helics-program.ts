/**
 * A federate that is a program: `helics-program.ts '{"agents": "follower", "setup": {…}, "entity": {…}}'`. It is the same as
 * that of `federateOne`, and prints one line of JSON: what it gave, or its error, and its log. Standard output besides is
 * what HELICS prints.
 */
import { writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { EntitySpec, FederateSetup, HelicsError } from "cosimas/helics";
import { type HelicsEnvironment, keptLog, start } from "./helics.ts";
import { FAULTY, FOLLOWER, type Follower, federateOne, populationOf, TRADER } from "./helics-agents.ts";

const AGENTS = {
  follower: () => populationOf(FOLLOWER),
  faulty: () => populationOf(FAULTY),
  trader: () => populationOf(TRADER, { type: "hybrid" }),
} as const;

interface Given {
  readonly agents: keyof typeof AGENTS;
  readonly broker: { readonly address: string; readonly coreType: string };
  readonly entity: Omit<EntitySpec, "eid">;
  readonly setup: Partial<FederateSetup>;
}

interface Told {
  readonly error?: Partial<HelicsError>;
  readonly seen?: Follower["seen"];
  readonly lines: readonly string[];
}

/** Where the line of JSON begins: HELICS prints beside it. */
const MARK = "told: ";

/** Run it; gives what the agent saw and the log, and is rejected with the error's fields. Its process is gone then. */
export async function federateProgram(
  { library }: HelicsEnvironment,
  { setup, ...given }: Given,
  node: readonly string[] = [],
): Promise<{ seen: Follower["seen"]; lines: readonly string[]; output: string }> {
  const json = JSON.stringify({ ...given, setup: { library, ...setup } });
  const program = start(process.execPath, [
    ...["--conditions=cosimas:source", "--import", "tsx", ...node, fileURLToPath(import.meta.url), json],
  ]);
  const code = await program.ended;
  const output = program.output();
  const [, text] = new RegExp(`^${MARK}(.*)$`, "m").exec(output) ?? [];
  if (text === undefined || code !== 0) throw new Error(`the program ended with ${code}: ${output}`);
  const { error, seen = [], lines } = JSON.parse(text) as Told;
  if (error !== undefined) throw Object.assign(new Error(error.message), error, { lines, output });
  return { seen, lines, output };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { agents, broker, entity, setup } = JSON.parse(process.argv[2]!) as Given;
  const { log, lines } = keptLog();
  const population = AGENTS[agents]();
  const environment = { library: setup.library! } as HelicsEnvironment;
  const told = await federateOne<Follower>(environment, broker, population, entity, { ...setup, log }).then(
    ({ agent }): Told => ({ seen: agent.seen, lines }),
    (error: HelicsError): Told => {
      const { name, code, message, federate, timeS, helicsCode, remedy } = error;
      return { error: { name, code, message, federate, timeS, helicsCode, remedy } as Partial<HelicsError>, lines };
    },
  );
  writeSync(1, `\n${MARK}${JSON.stringify(told)}\n`);
}
