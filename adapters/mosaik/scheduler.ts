import { RunError, type TraceEvent } from "../../src/index.ts";
import { Agenda } from "./agenda.ts";
import { isPromise, ticksOf } from "./fault.ts";
import type { SimRunner, StepOutcome } from "./sim-runner.ts";
import type { Time } from "./types.ts";

/** What a run needs of its world. */
export interface RunContext {
  readonly sims: readonly SimRunner[];
  /** End of the run: no step is made at or after it. */
  readonly until: Time;
  /** Seconds in one step. */
  readonly timeResolution: number;
  readonly signal: AbortSignal | undefined;
  /** Called once for each time at which something stepped, with the time of the next step, or `until`. */
  readonly onTime: (time: Time, next: Time) => void;
  /** Is there an observer? Events are made for one only. */
  readonly observed: () => boolean;
  readonly emit: (batch: readonly TraceEvent[]) => void;
}

/** Times between two turns of the event loop, so that signals and sockets are seen while no simulator waits. */
const TIMES_PER_TURN = 8;

/**
 * Step all simulators from 0 to `until`.
 *
 * Times are served in ascending order. At one time the simulators step in waves: first those without unshifted inputs,
 * then those whose sources have stepped, and so on; those of one wave step concurrently, and what they put out counts
 * from the end of the wave, in the order of their ids. So neither inputs nor events depend on who answers first.
 *
 * If one fails, the others of its wave are waited for, and the first error in that order is thrown.
 *
 * Source: the order is one that mosaik's scheduler allows, with its rule that a simulator steps when the progress of
 * every predecessor has passed.
 */
export async function runSteps(context: RunContext): Promise<void> {
  const { sims, until, timeResolution, signal, onTime, observed, emit } = context;
  const agenda = new Agenda();
  for (const sim of sims) agenda.add(0, sim);
  let times = 0;
  for (let time = agenda.next; time !== undefined; time = agenda.next) {
    if (signal?.aborted) {
      throw new RunError("ERR_RUN_ABORTED", `the run was aborted before time ${time}`, { cause: signal.reason });
    }
    if (observed()) emit([{ kind: "tick", ticks: ticksOf(time, timeResolution), round: 0 }]);
    for (const wave of agenda.take()) {
      const made = stepWave(wave, time, until);
      const outcomes = isPromise(made) ? await made : made;
      for (const [i, sim] of wave.entries()) {
        sim.commit(time, outcomes[i]!, until);
        if (sim.nextTime < until) agenda.add(sim.nextTime, sim);
      }
      if (observed()) emit(wave.map((sim, i) => stepEvent(sim, time, outcomes[i]!)));
    }
    onTime(time, agenda.next ?? until);
    if (++times % TIMES_PER_TURN === 0) await turn();
  }
}

/** Step all of `wave`; a promise only if one of them answers with one. */
function stepWave(wave: readonly SimRunner[], time: Time, until: Time): StepOutcome[] | Promise<StepOutcome[]> {
  const outcomes: (StepOutcome | PromiseLike<StepOutcome>)[] = [];
  let waits = false;
  for (const sim of wave) {
    try {
      const outcome = sim.step(time, until);
      waits ||= isPromise(outcome);
      outcomes.push(outcome);
    } catch (error) {
      if (!waits) throw error;
      outcomes.push(Promise.reject(error));
      break;
    }
  }
  return waits ? settled(outcomes) : (outcomes as StepOutcome[]);
}

async function settled(outcomes: readonly (StepOutcome | PromiseLike<StepOutcome>)[]): Promise<StepOutcome[]> {
  const results = await Promise.allSettled(outcomes);
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

function stepEvent(sim: SimRunner, time: Time, outcome: StepOutcome): TraceEvent {
  const { inputs, next, values } = outcome;
  return { kind: "step", sim: sim.sid, time, next, inputs, outputs: sim.outputs.toData(values) };
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
