import { afterEach, describe, expect, it } from "vitest";
import {
  Agent,
  type Clock,
  Container,
  DateTime,
  ExternalClock,
  RealTimeClock,
  type Timer,
} from "../../../src/index.ts";

/** What both clocks promise to agents, and how each is made to go on. */
interface Driven {
  readonly name: string;
  readonly create: (start: string) => Promise<Container>;
  /** Let `seconds` pass, or more. */
  readonly pass: (container: Container, seconds: number, done: Promise<unknown>) => Promise<unknown>;
}

const START = "2026-06-01T00:00:00Z";
const clocks: readonly Driven[] = [
  {
    name: "ExternalClock",
    create: (start) => Container.create({ clock: new ExternalClock({ start }) }),
    pass: async (container, seconds) => container.advance(container.clock.time() + seconds),
  },
  {
    name: "RealTimeClock",
    create: (start) => Container.create({ clock: new RealTimeClock({ start, factor: 0.01 }) }),
    pass: (_container, _seconds, done) => done,
  },
];

let open: Container[] = [];
afterEach(async () => {
  await Promise.all(open.map((container) => container.close()));
  open = [];
});

class Timekeeper extends Agent {
  static override readonly exposed = ["run"] as const;
  program: (clock: Clock, note: (what: string) => void) => unknown = () => undefined;
  notes: string[] = [];
  /** Run the program; notes bear the milliseconds since it began. */
  async run(): Promise<string[]> {
    const start = this.clock.time();
    await this.program(this.clock, (what) =>
      this.notes.push(`${what} ${Math.round((this.clock.time() - start) * 1e3)}`),
    );
    return this.notes;
  }
}

async function notesOf(driven: Driven, program: Timekeeper["program"], seconds = 10): Promise<unknown> {
  const container = await driven.create(START);
  open.push(container);
  const agent = container.spawn(Timekeeper, { id: "t" });
  agent.program = program;
  const done = container.call("t", "run");
  await driven.pass(container, seconds, done);
  return done;
}

describe.each(clocks)("$name", (driven) => {
  it("ends sleeps and runs timers at their own due times, in their order", async () => {
    const notes = await notesOf(driven, async (clock, note) => {
      clock.callIn(3, () => note("timer of 3"));
      clock.callIn(1, () => note("timer of 1"));
      clock.callAt(clock.time() + 2, () => note("timer at 2"));
      await clock.sleep(0.5);
      note("slept");
      await clock.sleepUntil(clock.time() + 3.5);
      note("slept until");
    });
    expect(notes).toEqual(["slept 500", "timer of 1 1000", "timer at 2 2000", "timer of 3 3000", "slept until 4000"]);
  });

  it("takes dates, and gives them in UTC", async () => {
    const notes = await notesOf(driven, async (clock, note) => {
      const now = clock.utcnow();
      expect(now.zoneName).toBe("UTC");
      expect(now.toMillis()).toBe(DateTime.fromISO(START).toMillis() + Math.round(clock.time() * 1000));
      const later = now.plus({ seconds: 2 }).setZone("Europe/Berlin");
      await clock.sleepUntil(later);
      expect(clock.utcnow().toMillis()).toBe(later.toMillis());
      note("there");
    });
    expect([["there 2000"], ["there 1999"], ["there 2001"]]).toContainEqual(notes); // dates are whole milliseconds
  });

  it("goes on in the next round after sleep(0) and a sleep until now", async () => {
    const notes = await notesOf(driven, async (clock, note) => {
      await clock.sleep(0);
      await clock.sleepUntil(clock.time());
      note("on");
      await clock.sleep(1e-9);
    });
    // On the external clock no time passes; on the other one as much as on the wall.
    expect((notes as string[])[0]).toMatch(driven.name === "ExternalClock" ? /^on 0$/ : /^on \d+$/);
  });

  it("keeps nothing of a timer that was cancelled", async () => {
    const notes = await notesOf(driven, async (clock, note) => {
      const timers: Timer[] = [];
      for (let i = 1; i <= 1000; i++) timers.push(clock.callIn(i / 1000, () => note("cancelled")));
      expect(timers.map((timer) => timer.cancel())).not.toContain(false);
      const ran = clock.callIn(1, () => note("ran"));
      await clock.sleep(2);
      expect(ran.cancel()).toBe(false);
    });
    expect(notes).toEqual(["ran 1000"]);
  });

  it("refuses delays and times that cannot be", async () => {
    const codes: unknown[] = [];
    await notesOf(driven, async (clock) => {
      await clock.sleep(1);
      const waits = [() => clock.sleep(-1), () => clock.sleep(Number.NaN), () => clock.sleepUntil(clock.time() - 0.5)];
      for (const wait of waits) await wait().catch((error) => codes.push(error.code ?? error.name));
    });
    expect(codes).toEqual(["ERR_CLOCK_NEGATIVE_DELAY", "RangeError", "ERR_CLOCK_PAST"]);
  });

  it("serves one container", async () => {
    const container = await driven.create(START);
    open.push(container);
    await expect(Container.create({ clock: container.clock })).rejects.toMatchObject({ code: "ERR_CLOCK_SHARED" });
  });
});
