import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Container, defineScenario, ExternalClock, type Journal } from "cosimas";
import { Battery, Boiler, Chp, Market, Town, Wind } from "./agents.ts";
import type { Cleared } from "./market.ts";
import { picture } from "./picture.ts";
import { PythonTraders } from "./python.ts";

const HOURS = 24;
const HOUR_S = 3600;

/** Wall milliseconds within which the Python side has to have joined. */
const JOIN_MS_MAX = 30_000;

/** Whom `traders.py` brings. */
const IN_PYTHON = ["boiler", "chp-1", "chp-2", "chp-3"];

/** Illustrative, in kW: a windy night and a calm evening; a town of some thousand people. */
const WIND_KW = [
  900, 950, 980, 940, 860, 760, 640, 520, 430, 360, 300, 280, 290, 320, 330, 300, 230, 150, 90, 60, 80, 150, 320, 560,
];
const TOWN_KW = [
  420, 380, 360, 350, 370, 430, 560, 690, 740, 720, 710, 730, 760, 720, 680, 660, 700, 820, 930, 960, 900, 780, 640,
  500,
];

export default defineScenario({
  name: "mixed",
  description: "One market with agents in TypeScript and agents in Python's aiomas.",
  parameters: {
    python: { type: "string", default: "python3", help: "a Python that has the packages aiomas, arrow and msgpack" },
    twins: { type: "boolean", default: false, help: "without Python: TypeScript agents in place of Python's" },
  },
  async run({ parameters: { python, twins }, seed, signal, progress, print, record, result, outDir }) {
    const container = await market(seed, record({ modules: [new URL("agents.ts", import.meta.url)] }), !twins);
    let traders: PythonTraders | undefined;
    try {
      if (twins) spawnTwins(container);
      else traders = new PythonTraders(python, `${container.address}/market`);
      await joined(container, traders, signal);
      const day: Cleared[] = [];
      for (let hour = 0; hour < HOURS; hour++) {
        signal.throwIfAborted();
        container.input("market", "trade", [hour]);
        await container.advance(hour * HOUR_S);
        day.push(container.outputs("market", ["cleared"])["cleared"] as Cleared);
        progress((hour + 1) / HOURS, `${hour}:00`);
      }
      report(day, twins, print);
      result({ traded_kwh: day.reduce((sum, { volume }) => sum + volume, 0) });
      print(`trace hash ${container.traceHash()}`);
      const file = join(outDir, "mixed.svg");
      writeFileSync(file, picture(day, IN_PYTHON));
      print(`picture ${relative(process.cwd(), file)}`);
    } catch (error) {
      throw signal.aborted || traders === undefined ? error : await traders.reasonFor(error);
    } finally {
      await container.close();
      await traders?.end();
    }
  },
});

/** The market and its traders in TypeScript. */
async function market(seed: number, record: Journal | undefined, listens: boolean): Promise<Container> {
  const container = await Container.create({
    clock: new ExternalClock({ start: "2026-11-02T00:00:00Z" }),
    seed,
    record,
    ...(listens ? { address: "tcp://127.0.0.1:0" } : {}),
  });
  container.spawn(Market, { id: "market" });
  container.spawn(Wind, { id: "wind", args: [WIND_KW] });
  container.spawn(Town, { id: "town", args: [TOWN_KW] });
  container.spawn(Battery, { id: "battery-1", args: [150, 300] });
  container.spawn(Battery, { id: "battery-2", args: [100, 400] });
  return container;
}

function spawnTwins(container: Container): void {
  container.spawn(Chp, { id: "chp-1", args: [42, 300] });
  container.spawn(Chp, { id: "chp-2", args: [48, 300] });
  container.spawn(Chp, { id: "chp-3", args: [61, 200] });
  container.spawn(Boiler, { id: "boiler", args: [250] });
}

/** Until all have joined. What Python calls enters at the next advance, so there has to be one now and then. */
async function joined(container: Container, traders: PythonTraders | undefined, signal: AbortSignal): Promise<void> {
  const giveUpMs = performance.now() + JOIN_MS_MAX;
  for (;;) {
    await container.advance(0);
    const names = container.outputs("market", ["traders"])["traders"] as readonly string[];
    const missing = IN_PYTHON.filter((name) => !names.includes(name));
    if (missing.length === 0) return;
    traders?.check();
    if (performance.now() > giveUpMs) throw new Error(`${missing.join(", ")} have not joined within ${JOIN_MS_MAX} ms`);
    await wait(5, undefined, { signal });
  }
}

/** What was traded in four hours of the day, and what Python's part was. */
function report(day: readonly Cleared[], twins: boolean, print: (line: string) => void): void {
  const row = (cells: readonly string[]) => cells.map((cell, i) => cell.padStart([5, 12, 10, 16][i]!)).join("");
  print(row(["hour", "EUR/MWh", "kW", `sold by ${twins ? "twins" : "Python"}`]));
  for (const [hour, { price, volume, trades }] of day.entries()) {
    if (hour % 3 !== 0) continue;
    const python = IN_PYTHON.reduce((sum, name) => sum + trades[name]!, 0);
    print(row([`${hour}:00`, price?.toFixed(2) ?? "none", volume.toFixed(0), python.toFixed(0)]));
  }
}
