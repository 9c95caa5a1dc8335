import { AgentError, describeError, type Tag } from "../errors.ts";
import { openMethods } from "./foreign.ts";
import type { Kernel } from "./kernel.ts";
import { AgentRecord } from "./record.ts";
import { byCodeUnits } from "./round.ts";
import type { StepFailure } from "./run-state.ts";

/** Agents that one message names, at most. */
export const NAMED_AGENTS_MAX = 10;

/** What agents did wrong in a step, told in an order that does not depend on who ran first. */
export class Faults {
  readonly #kernel: Kernel;
  /** Agents that had open handlers and no simulated wait when they were last served. */
  readonly stuck = new Set<AgentRecord>();
  /** Turns of the event loop so far: a rejection is told at the next one, and is that of an agent served before it. */
  turns = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Throw the first failure in the order of agents, with the others in its message; nothing if there is none. */
  throwFirst(): void {
    const { failures } = this.#kernel;
    if (failures.length === 0) return;
    this.#kernel.failures = [];
    throw firstOf(failures);
  }

  /** Name, once each, the agents whose handlers wait on nothing that the simulation knows. */
  reportStuck(): void {
    for (const record of this.stuck) {
      if (record.reported || !record.stuck) continue;
      record.seldom.reported = true;
      const text = `agent "${record.id}" is still in ${openMethods(record)} at the end of the step without a simulated wait`;
      if (this.#kernel.strict === undefined) process.emitWarning(text, { code: "COSIMAS_OPEN_HANDLER" });
      else this.#kernel.fail(record.id, openHandler(record, text, this.#kernel.tag));
    }
    this.stuck.clear();
  }

  #served(): string[] {
    const served: string[] = [];
    for (const { id, servedAtTurn } of this.#kernel.registry) if (servedAtTurn === this.turns) served.push(id);
    return served.sort(byCodeUnits);
  }

  /** Take a promise of agent code that was rejected and that nobody handled. */
  readonly onRejection = (reason: unknown, owner: unknown): void => {
    const kernel = this.#kernel;
    const [, name, message] = describeError(reason);
    const known = owner instanceof AgentRecord ? owner.id : undefined;
    const agents = known === undefined ? this.#served() : [known];
    const who = agents.slice(0, NAMED_AGENTS_MAX).join(", ");
    const text = `a promise in the code of ${known === undefined ? "one of " : ""}${who || "an agent"} was rejected and nobody handled it: ${name}: ${message}`;
    const agent = agents[0] ?? "";
    kernel.fail(agent, new AgentError("ERR_AGENT_REJECTION", text, { agent, tag: kernel.tag, cause: reason }));
  };
}

/** Of what failed in one round, the error of the first agent and the first of its own; it tells of the others. */
export function firstOf(failures: readonly StepFailure[]): Error {
  const inOrder = [...failures].sort((a, b) => byCodeUnits(a.agent, b.agent));
  const [first, ...others] = inOrder.map((failure) => failure.error);
  if (others.length > 0) {
    const named = others.slice(0, NAMED_AGENTS_MAX).map((error) => error.message);
    first!.message += ` (and ${others.length} more: ${named.join("; ")})`;
  }
  return first!;
}

function openHandler(record: AgentRecord, text: string, tag: Tag): AgentError {
  return new AgentError("ERR_AGENT_OPEN_HANDLER", text, { agent: record.id, method: openMethods(record), tag });
}
