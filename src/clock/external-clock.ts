import { number } from "../options.ts";
import { checkedClock, SimulationClock, type SimulationClockOptions } from "./simulation-clock.ts";

/** Where time starts and how fine it is. */
export interface ExternalClockOptions extends SimulationClockOptions {
  /**
   * Seconds since the start at which the clock stands at first, as aiomas' `init_time`; >= 0. Default 0. aiomas needs -1 to
   * be set to 0 later; here the present time itself is legal.
   */
  initTime?: number;
}

/**
 * A clock that stands still until somebody outside moves it: `container.advance`, driven by a simulator.
 *
 * Source: aiomas `ExternalClock`, except that every event sees its own due time and time 0 is the start itself.
 */
export class ExternalClock extends SimulationClock {
  /** @throws TypeError or RangeError for an option that there is not, or that is none of what it may be. */
  constructor(options: ExternalClockOptions = {}) {
    super(checkedClock("ExternalClock", options, { initTime: number({ min: 0, unit: "seconds since the start" }) }));
    const { initTime = 0 } = options;
    if (initTime > 0) this.moveTo(this.resolution.toTicks(initTime));
  }
}
