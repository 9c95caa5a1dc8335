import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Container, Recording, replay, type TraceLevel } from "../../src/index.ts";
import { zstdReady } from "../../src/recording/zstd.ts";
import { pythonEnvironment } from "../support/python.ts";
import { figure, type Suite } from "./figure.ts";
import { WrittenBytes } from "./floors/written-bytes.ts";
import { Neighbour } from "./peers/neighbours.ts";
import { program } from "./programs.ts";

/** A timer and a message of each agent in each step. */
const AGENTS = 1000;
const STEPS = 200;
const MESSAGES = AGENTS * STEPS;
const ROUNDS = 5;

/** mango writes a text for each message: a fifth of the steps are enough. */
const MANGO_STEPS = 40;

/** Of a message: wall and CPU time of one round. */
interface Cost {
  readonly wallNs: number;
  readonly cpuNs: number;
}

/**
 * What a recording costs the run that is recorded, for each message between agents, and what it has; how long a replay takes
 * against the run; and the same of mango with and without its tracing. Every message is counted. The floor of a recording
 * is its own bytes, compressed and written, without and with the checksums that its format asks for.
 */
export const recordedRun: Suite = async (report, wants) => {
  if (!wants("a recorded run")) return;
  const folder = mkdtempSync(join(tmpdir(), "cosimas-bench-"));
  const path = join(folder, "run.mcap");
  const kinds = {
    off: () => run("off"),
    hash: () => run("hash"),
    full: () => run("full"),
    observed: () => run("hash", undefined, true),
    recorded: () => run("hash", new Recording(path, { durable: "write", replace: true })),
    "recorded, synced each step": () => run("hash", new Recording(path, { replace: true })),
    replayed: async () => {
      const { difference, compared } = await replay(path, { classes: { Neighbour } });
      if (difference !== undefined || compared < 2 * MESSAGES) throw new Error("the replay is not the run");
    },
    bytes: async () => written().write(false),
    "checked bytes": async () => written().write(true),
  };
  await zstdReady();
  let bytesWritten: WrittenBytes | undefined;
  const written = () => {
    bytesWritten ??= new WrittenBytes(path, join(folder, "bytes"));
    return bytesWritten;
  };
  const costs = new Map<string, Cost[]>(Object.keys(kinds).map((name) => [name, []]));
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [name, work] of Object.entries(kinds)) {
        const cost = await costOf(work);
        if (round > 0) costs.get(name)!.push(cost);
      }
    }
    reportCosts(report, costs);
    const ns = (name: string) => costs.get(name)!.map(({ wallNs }) => wallNs);
    const bytes = statSync(path).size / MESSAGES;
    const mango = await tracedByMango(folder);
    if (mango === undefined) report(figure("recording of a message and its timer", "B", "itself", [bytes], [bytes]));
    else {
      report(figure("recording of a message and its timer", "B", "mango's trace of a message", [bytes], [mango.bytes]));
      const hash = ns("hash");
      const cost = ns("recorded").map((value, i) => value - hash[i]!);
      report(
        figure(
          "cost of recording a message",
          "ns",
          "mango's tracing",
          cost,
          cost.map(() => mango.ns),
        ),
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
};

async function costOf(work: () => Promise<void>): Promise<Cost> {
  const [start, cpu] = [process.hrtime.bigint(), process.cpuUsage()];
  await work();
  const wallNs = Number(process.hrtime.bigint() - start) / MESSAGES;
  const { user, system } = process.cpuUsage(cpu);
  return { wallNs, cpuNs: ((user + system) * 1000) / MESSAGES };
}

/** Each kind of run against one without a trace, and what recording adds against its bytes alone. */
function reportCosts(report: Parameters<Suite>[0], costs: ReadonlyMap<string, readonly Cost[]>): void {
  const views = [
    ["", ({ wallNs }: Cost) => wallNs],
    [", CPU", ({ cpuNs }: Cost) => cpuNs],
  ] as const;
  for (const [suffix, value] of views) {
    const of = (name: string) => costs.get(name)!.map(value);
    const [off, hash, recorded] = [of("off"), of("hash"), of("recorded")];
    for (const name of costs.keys()) {
      if (name.endsWith("bytes") || name === "off") continue;
      report(figure(`a message, ${name}${suffix}`, "ns", "no trace", of(name), off));
    }
    const added = recorded.map((ns, round) => ns - hash[round]!);
    for (const [name, floor] of [
      ["bytes", "zstd and write of the same bytes"],
      ["checked bytes", "the same with SHA-256 and checksums"],
    ] as const) {
      report(figure(`recording of a message${suffix}`, "ns", floor, added, of(name)));
    }
  }
}

async function run(trace: TraceLevel, record?: Recording, observed = false): Promise<void> {
  const container = await Container.create({ trace, record });
  let events = 0;
  if (observed) {
    container.attach((batch) => {
      events += batch.length;
    });
  }
  for (let i = 0; i < AGENTS; i++) {
    container.spawn(Neighbour, { id: `agent-${i}`, args: [`agent-${(i + 1) % AGENTS}`] });
  }
  for (let step = 0; step <= STEPS; step++) await container.advance(step);
  const { deliveries } = container.counts;
  await container.close();
  if (deliveries[6] !== MESSAGES || (observed && events < MESSAGES)) throw new Error("messages are missing");
}

/** What mango's tracing takes for a message, and writes; undefined without Python. */
async function tracedByMango(folder: string): Promise<{ ns: number; bytes: number } | undefined> {
  const { python, reason } = await pythonEnvironment("mango");
  if (python === undefined) {
    console.error(`without mango: ${reason}`);
    return undefined;
  }
  const path = join(folder, "mango.jsonl");
  const args = [program("peers/mango_traced.py"), String(AGENTS), String(MANGO_STEPS), path];
  const { stdout } = await promisify(execFile)(python, args, { timeout: 600_000, maxBuffer: 2 ** 26 });
  const { plainNs, tracedNs } = JSON.parse(stdout.trim().split("\n").at(-1)!) as { plainNs: number; tracedNs: number };
  return { ns: tracedNs - plainNs, bytes: readFileSync(path).length / (AGENTS * MANGO_STEPS) };
}
