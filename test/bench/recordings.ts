import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { Container, Recording } from "../../src/index.ts";
import { figure, type Suite } from "./figure.ts";
import { Neighbour } from "./peers/neighbours.ts";
import { compiled, program } from "./programs.ts";

/** A timer, a message and two changes of outputs of each agent in each step: a million events. */
const AGENTS = 1000;
const STEPS = 250;
const EVENTS_MIN = 1_000_000;

const ROUNDS = 3;

const FORMATS = ["parquet", "csv", "jsonl"] as const;

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly memoryMiB: number;
}

/**
 * What the commands that read a recording cost, for one of a million events: each is a process of its own, as a user
 * starts it, in turn with the floor, which reads the same bytes, decompresses them and walks their rows, and writes as many
 * as an export. A replay's floor is that and the run itself, not recorded. What they print is looked at.
 */
export const recordings: Suite = async (report, wants) => {
  const folder = mkdtempSync(join(tmpdir(), "cosimas-bench-"));
  const [path, same, out] = ["run.mcap", "same.mcap", "out"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const cosimas = (...args: string[]) => cost([compiled("../../src/cli/main.ts"), ...args], folder);
  const floor = (...args: string[]) => cost([compiled("floors/recording.ts"), path, ...args], folder);
  const compare = async (name: string, ours: () => Promise<Cost>, base: () => Promise<Cost>) => {
    if (!wants(name)) return;
    const costs: [Cost[], Cost[]] = [[], []];
    for (let round = 0; round <= ROUNDS; round++) {
      const [own, least] = [await ours(), await base()];
      if (round > 0) costs.forEach((all, i) => void all.push([own, least][i]!));
    }
    const tell = (what: string, unit: string, value: (cost: Cost) => number) =>
      report(figure(what, unit, "the floor", costs[0].map(value), costs[1].map(value)));
    tell(name, "ms", ({ wallMs }) => wallMs);
    tell(`${name}, CPU`, "ms", ({ cpuMs }) => cpuMs);
    tell(`${name}, memory`, "MiB", ({ memoryMiB }) => memoryMiB);
  };
  try {
    const run = await recorded(path);
    copyFileSync(path, same);
    await compare("diff", () => cosimas("diff", path, same), floor);
    await compare("inspect", () => cosimas("inspect", path), floor);
    await compare(
      "replay",
      () => cosimas("replay", path, "--module", compiled("peers/neighbours.ts")),
      async () => {
        const { wallMs, cpuMs, memoryMiB } = await floor();
        return { wallMs: wallMs + run.wallMs, cpuMs: cpuMs + run.cpuMs, memoryMiB };
      },
    );
    for (const format of FORMATS) {
      const ours = () => cosimas("export", path, "--format", format, "--output", out, "--force");
      await compare(`export to ${format}`, ours, () => floor(String(statSync(out).size), join(folder, "floor")));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** Record a run. @returns What the same run costs without it. */
async function recorded(path: string): Promise<Pick<Cost, "wallMs" | "cpuMs">> {
  const once = async (record?: Recording) => {
    const [start, cpu] = [performance.now(), process.cpuUsage()];
    const container = await Container.create({ record });
    for (let i = 0; i < AGENTS; i++) {
      container.spawn(Neighbour, { id: `agent-${i}`, args: [`agent-${(i + 1) % AGENTS}`] });
    }
    for (let step = 0; step <= STEPS; step++) await container.advance(step);
    await container.close();
    const { user, system } = process.cpuUsage(cpu);
    return { wallMs: performance.now() - start, cpuMs: (user + system) / 1000 };
  };
  await once(new Recording(path, { durable: "write" }));
  return once();
}

/** Run a program of Node once, which has to print how many events it has read. */
async function cost(args: readonly string[], folder: string): Promise<Cost> {
  const file = join(folder, "cost.json");
  const measured = pathToFileURL(program("peers/measured.mjs")).href;
  const start = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", measured, ...args], {
    env: { ...process.env, MEASURED: file },
    timeout: 100_000,
  });
  const wallMs = performance.now() - start;
  const isWhole = stdout
    .match(/\d+/g)
    ?.some((number) => Number(number) >= EVENTS_MIN && Number(number) < 2 * EVENTS_MIN);
  if (isWhole !== true) throw new Error(`${args.join(" ")} has not read all events: ${stdout}`);
  const { cpuUs, memoryKiB } = JSON.parse(readFileSync(file, "utf8")) as { cpuUs: number; memoryKiB: number };
  return { wallMs, cpuMs: cpuUs / 1000, memoryMiB: memoryKiB / 1024 };
}
