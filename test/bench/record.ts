import { once } from "node:events";
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openRun, type RunEntry, RunWriter } from "../../src/index.ts";
import { HEADER, messages } from "../support/run-entries.ts";
import { figure, type Suite } from "./figure.ts";

/** Events of a tick, as in a grid of 1000 agents. */
const SIZE = 200;
const BATCHES = 2500;
const ROUNDS = 5;

/**
 * A stream of messages between 1000 agents written to a run file and read back, beside the same as lines of JSON. Every
 * event is counted when it is read.
 */
export const record: Suite = async (report, wants) => {
  if (!wants("a stream of entries")) return;
  const folder = mkdtempSync(join(tmpdir(), "cosimas-bench-"));
  const [run, lines] = [join(folder, "run.mcap"), join(folder, "run.jsonl")];
  const stream = Array.from({ length: BATCHES }, (_, tick) => messages(tick, SIZE));
  const works = {
    write: [() => writeRun(run, stream, BATCHES), () => writeLines(lines, stream)],
    "write, settled each tick": [() => writeRun(run, stream, 1), () => writeLines(lines, stream)],
    read: [() => readRun(run), () => readLines(lines)],
  } as const;
  try {
    for (const [name, [ours, theirs]] of Object.entries(works)) {
      await Promise.all([ours(), theirs()]);
      const measured: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round++) {
        measured[0].push(await rate(ours));
        measured[1].push(await rate(theirs));
      }
      report(figure(name, "k events/s", "JSONL", ...measured));
    }
    const events = BATCHES * SIZE;
    report(figure("size", "B/event", "JSONL", [statSync(run).size / events], [statSync(lines).size / events]));
    report(await memory(run, stream));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

async function rate(work: () => Promise<number>): Promise<number> {
  const start = process.hrtime.bigint();
  const events = await work();
  if (events !== BATCHES * SIZE) throw new Error(`${events} events of ${BATCHES * SIZE}`);
  return (events * 1e6) / Number(process.hrtime.bigint() - start);
}

/** Highest memory while the stream is recorded four times over, beside that before. */
async function memory(path: string, stream: readonly RunEntry[][]): Promise<ReturnType<typeof figure>> {
  const before = process.memoryUsage.rss();
  let highest = before;
  for (let i = 0; i < 4; i++) {
    await writeRun(path, stream, 50);
    highest = Math.max(highest, process.memoryUsage.rss());
  }
  return figure("memory after 4 more recordings", "MiB", "before", [highest / 2 ** 20], [before / 2 ** 20]);
}

async function writeRun(path: string, stream: readonly RunEntry[][], settleEvery: number): Promise<number> {
  const writer = await RunWriter.open(path, HEADER, { replace: true });
  let events = 0;
  for (const [index, batch] of stream.entries()) {
    writer.append(batch);
    events += batch.length;
    if ((index + 1) % settleEvery === 0) await writer.settle();
  }
  await writer.close();
  return events;
}

async function readRun(path: string): Promise<number> {
  const run = await openRun(path);
  let events = 0;
  for await (const batch of run.batches()) events += batch.length;
  await run.close();
  return events;
}

async function writeLines(path: string, stream: readonly RunEntry[][]): Promise<number> {
  const file = createWriteStream(path);
  let events = 0;
  for (const batch of stream) {
    let text = "";
    for (const event of batch) text += `${JSON.stringify(event)}\n`;
    events += batch.length;
    if (!file.write(text)) await once(file, "drain");
  }
  file.end();
  await once(file, "close");
  return events;
}

async function readLines(path: string): Promise<number> {
  let events = 0;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (JSON.parse(line).kind === "request") events++;
  }
  return events;
}
