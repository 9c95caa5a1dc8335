import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { Container, type Journal, Recording } from "../../src/index.ts";
import { Actor, name } from "../support/actors.ts";
import { count } from "../support/heavy.ts";
import { GUESTS, type Plan, plans } from "../support/population.ts";

const folder = mkdtempSync(join(tmpdir(), "cosimas-bytes-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** An actor that shows what it has heard, some of it after real I/O. */
class Shown extends Actor {
  static override readonly outputs = ["heard", "history", "told"] as const;
  history: number[] = [];
  override note(value: number): void {
    super.note(value);
    this.history = [...this.history.slice(-2), value];
    if (value > 0.7) this.emit("told", { value, by: this.id });
    if (value > 0.9) this.task(async () => super.note(await this.external(async () => value)));
  }
}

interface Bounds {
  readonly recordingNamesMax: number;
  readonly recordingBatchEntriesMax: number;
}

/** How the recording is fed: with rows; with events, since it is behind another journal; with both, as others observe. */
type Way = "rows" | "events" | "observed" | "observed now and then";

/** A journal of a user's own, which takes events. */
function behind(journal: Journal): Journal {
  return {
    begin: (run, live) => journal.begin(run, live),
    feed: (op, tag, content) => journal.feed(op, tag, content),
    events: (batch) => journal.events(batch),
    settle: () => journal.settle(),
    end: (hash) => journal.end(hash),
  };
}

async function bytesOf({ agents, inputs, communication }: Plan, way: Way, limits: Bounds): Promise<string> {
  const path = join(folder, `${way}.mcap`);
  const recording = new Recording(path, { durable: "write", replace: true, limits });
  const record = way === "events" ? behind(recording) : recording;
  const container = await Container.create({ seed: 7, record, ...(communication && { communication }) });
  let seen = 0;
  const observe = () =>
    container.attach(({ length }) => {
      seen += length;
    });
  let detach = way === "observed" ? observe() : undefined;
  for (let i = 0; i < agents + GUESTS; i++) container.spawn(Shown, { id: name(i) });
  for (let t = 0; t <= 20; t++) {
    for (const { at, agent, actions } of inputs) if (at === t) container.input(name(agent), "run", [actions]);
    await container.advance(t);
    if (way !== "observed now and then" || t % 3 > 0) continue;
    detach?.();
    detach = detach === undefined ? observe() : undefined;
  }
  await container.close();
  if (way === "observed") expect(seen).toBeGreaterThan(0);
  expect(recording.failure).toBeUndefined();
  return readFileSync(path).toString("hex");
}

describe("a recording of a random population", () => {
  it("has the same bytes, whether it gets rows, events, or both", async () => {
    const bounds = fc.record({
      recordingNamesMax: fc.constantFrom(0, 3, 1_000_000),
      recordingBatchEntriesMax: fc.constantFrom(1, 7, 4096),
    });
    const ways: readonly Way[] = ["events", "observed", "observed now and then"];
    await fc.assert(
      fc.asyncProperty(plans, bounds, async (plan, limits) => {
        const rows = await bytesOf(plan, "rows", limits);
        for (const way of ways) expect((await bytesOf(plan, way, limits)) === rows, way).toBe(true);
      }),
      { numRuns: count("recorded bytes", 60, 1000) },
    );
  });
});
