import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Agent, Container, type Timer, type TraceEvent } from "../../../src/index.ts";

/** What the tests do with an agent's clock. */
class Setter extends Agent {
  readonly fired: string[] = [];
  set(dt: number, name: string, then: () => void = () => {}): Timer {
    return this.clock.callIn(dt, () => {
      this.fired.push(`${name} at ${this.clock.time()}`);
      then();
    });
  }
  override setup(): void {
    this.begin();
  }
  begin(): void {}
}

async function run(begin: (this: Setter) => void, seconds: number): Promise<Setter> {
  const container = await Container.create({ trace: "hash" });
  const agent = container.spawn(
    class Beginner extends Setter {
      override begin = begin;
    },
  );
  for (let t = 0; t <= seconds; t++) await container.advance(t);
  const { fired } = agent;
  await container.close();
  expect(fired).toBe(agent.fired);
  return agent;
}

describe("timers that are set again", () => {
  it("are not cancelled by who has set the one that fired before", async () => {
    const cancelled: boolean[] = [];
    const agent = await run(function () {
      const first = this.set(1, "first", () => {
        this.set(1, "second");
        cancelled.push(first.cancel());
      });
    }, 3);
    expect(cancelled).toEqual([false]);
    expect(agent.fired).toEqual(["first at 1", "second at 2"]);
  });

  it("are not the one that was cancelled while its own time was served", async () => {
    const cancelled: boolean[] = [];
    const agent = await run(function () {
      let other: Timer | undefined;
      this.set(1, "canceller", () => {
        cancelled.push(other!.cancel(), other!.cancel());
        this.set(1, "later");
        this.set(0, "at once");
      });
      other = this.set(1, "never");
    }, 3);
    expect(cancelled).toEqual([true, false]);
    expect(agent.fired).toEqual(["canceller at 1", "at once at 1", "later at 2"]);
  });

  it("do not change what observers have got of them", async () => {
    const container = await Container.create();
    const events: TraceEvent[] = [];
    container.events$.subscribe((event) => events.push(event));
    container.spawn(
      class Ticker extends Agent {
        override setup(): void {
          this.clock.callIn(1, this.#tick);
        }
        readonly #tick = () => void this.clock.callIn(1, this.#tick);
      },
      { id: "ticker" },
    );
    for (let t = 0; t <= 3; t++) await container.advance(t);
    await container.close();
    const timers = events.filter((event) => event.kind === "timer");
    expect(timers.map(({ id, cause }) => [id, cause])).toEqual([
      ["ticker#0", "ticker#created"],
      ["ticker#1", "ticker#0"],
      ["ticker#2", "ticker#1"],
    ]);
  });

  it("fire as those of a plain list, whatever is set and cancelled", async () => {
    /** At each firing: delays to set, then which of all timers so far to cancel. */
    const step = fc.record({
      delays: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
      cancels: fc.array(fc.nat(30), { maxLength: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (script) => {
        const got: (string | boolean)[] = [];
        await run(function () {
          const timers: Timer[] = [];
          let steps = 0;
          const act = (): void => {
            const { delays, cancels } = script[steps++] ?? { delays: [], cancels: [] };
            for (const delay of delays) {
              const name = timers.length;
              const fire = () => {
                got.push(`${name} at ${this.clock.time()}`);
                act();
              };
              timers.push(this.clock.callIn(delay, fire));
            }
            for (const which of cancels) if (timers.length > 0) got.push(timers[which % timers.length]!.cancel());
          };
          act();
        }, 80);
        expect(got).toEqual(plainly(script, 80));
      }),
      { numRuns: 200 },
    );
  });
});

/** The same by a list that is looked through for the next one: earliest, then of the earliest round, then set first. */
function plainly(
  script: readonly { readonly delays: readonly number[]; readonly cancels: readonly number[] }[],
  seconds: number,
): (string | boolean)[] {
  const got: (string | boolean)[] = [];
  const timers: { at: number; round: number; open: boolean }[] = [];
  let now = 0;
  let round = 0;
  let steps = 0;
  const act = (): void => {
    const { delays, cancels } = script[steps++] ?? { delays: [], cancels: [] };
    for (const delay of delays) timers.push({ at: now + delay, round: delay === 0 ? round + 1 : 0, open: true });
    for (const which of cancels) {
      if (timers.length === 0) continue;
      const timer = timers[which % timers.length]!;
      got.push(timer.open);
      timer.open = false;
    }
  };
  act();
  for (;;) {
    const open = timers.map((timer, name) => ({ timer, name })).filter(({ timer }) => timer.open);
    const [next] = open.sort((a, b) => a.timer.at - b.timer.at || a.timer.round - b.timer.round || a.name - b.name);
    if (next === undefined || next.timer.at > seconds) return got;
    ({ at: now, round } = next.timer);
    next.timer.open = false;
    got.push(`${next.name} at ${now}`);
    act();
  }
}
