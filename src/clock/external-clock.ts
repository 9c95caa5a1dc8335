import { SimulationClock, type SimulationClockOptions } from "./simulation-clock.ts";

/** Where time starts and how fine it is. */
export type ExternalClockOptions = SimulationClockOptions;

/**
 * A clock that stands still until somebody outside moves it: `container.advance`, driven by a simulator.
 *
 * Source: aiomas `ExternalClock`, except that every event sees its own due time and time 0 is the start itself.
 */
export class ExternalClock extends SimulationClock {
  constructor(options: ExternalClockOptions = {}) {
    super(options);
  }
}
