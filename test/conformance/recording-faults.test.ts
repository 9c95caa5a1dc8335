import { execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { McapIndexedReader, McapStreamReader } from "@mcap/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRun, type RunEntry, RunWriter, recoverRun } from "../../src/index.ts";
import { decompress } from "../../src/recording/zstd.ts";
import { count } from "../support/heavy.ts";
import { HEADER, messages } from "../support/run-entries.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "cosimas-recording-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);

/** Numbers from a seed, which a failing test prints. */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

async function record(name: string, count: number, size = 30): Promise<void> {
  const writer = await RunWriter.open(path(name), HEADER, { durable: "write" });
  for (let i = 0; i < count; i++) writer.append(messages(i, size));
  await writer.close({ traceHash: "0123" });
}

async function read(file: string): Promise<RunEntry[][]> {
  const run = await openRun(file);
  try {
    const list: RunEntry[][] = [];
    for await (const batch of run.batches()) list.push([...batch]);
    return list;
  } finally {
    await run.close();
  }
}

const expected = (count: number, size = 30) => Array.from({ length: count }, (_, i) => messages(i, size));

describe("a run file", () => {
  it("is one that MCAP's own readers read, in order and with its index", async () => {
    await record("whole", 500);
    const bytes = readFileSync(path("whole"));
    const readable = {
      size: async () => BigInt(bytes.length),
      read: async (at: bigint, size: bigint) => bytes.subarray(Number(at), Number(at + size)),
    };
    const decompressHandlers = { zstd: (data: Uint8Array, size: bigint) => decompress(data, Number(size)) };
    const reader = await McapIndexedReader.Initialize({ readable, decompressHandlers });
    expect(reader.header).toMatchObject({ profile: "cosimas" });
    expect(reader.statistics).toMatchObject({ messageCount: 500n, chunkCount: reader.chunkIndexes.length });
    const times: bigint[] = [];
    for await (const { logTime } of reader.readMessages({ startTime: 100_000_000_000n })) times.push(logTime);
    expect(times).toEqual(Array.from({ length: 400 }, (_, i) => BigInt(i + 100) * 1_000_000_000n));
    for await (const { metadata } of reader.readMetadata({ name: "run" })) {
      expect(JSON.parse(metadata.get("header")!)).toEqual(HEADER);
    }
    const stream = new McapStreamReader({ decompressHandlers, validateCrcs: true });
    stream.append(bytes);
    let messagesSeen = 0;
    for (let next = stream.nextRecord(); next !== undefined; next = stream.nextRecord()) {
      if (next.type === "Message") messagesSeen++;
    }
    expect([messagesSeen, stream.done()]).toEqual([500, true]);
  });

  it("finds each of 10,000 flipped bytes", async () => {
    await record("original", 40, 10);
    const bytes = readFileSync(path("original"));
    const seed = 20_260_101;
    const next = numbers(seed);
    const missed: number[] = [];
    for (let i = 0; i < 10_000; i++) {
      const at = i < bytes.length ? i : next(bytes.length);
      const flipped = Buffer.from(bytes);
      flipped[at] = flipped[at]! ^ (1 + next(255));
      writeFileSync(path("flipped"), flipped);
      const error = await read(path("flipped")).catch((thrown: unknown) => thrown);
      if ((error as { code?: string }).code !== "ERR_RECORDING_DAMAGED") missed.push(at);
    }
    expect(missed, `seed ${seed}, ${bytes.length} bytes`).toEqual([]);
  });

  it("finds a batch that was changed together with all checksums over it", async () => {
    // Another run's chunks under this run's header: each checksum fits, the chain does not.
    const other = await RunWriter.open(path("two"), { ...HEADER, seed: 2 });
    for (let i = 0; i < 300; i++) other.append(messages(i, 30));
    await other.close({ traceHash: "0123" });
    const text = readFileSync(path("two"));
    const at = text.indexOf('"seed":2');
    text[at + 7] = "1".charCodeAt(0);
    const dataEnd = text.lastIndexOf(Buffer.from([0x0f, 4, 0, 0, 0, 0, 0, 0, 0]));
    text.writeUInt32LE(crc32(text.subarray(0, dataEnd)), dataEnd + 9);
    writeFileSync(path("mixed"), text);
    await expect(read(path("mixed"))).rejects.toMatchObject({
      code: "ERR_RECORDING_DAMAGED",
      message: expect.stringContaining("breaks the chain of hashes"),
    });
  });

  it("is readable up to any byte at which it was cut", async () => {
    await record("long", 200);
    const { length } = readFileSync(path("long"));
    const all = expected(200);
    const next = numbers(7);
    for (let i = 0; i < 200; i++) {
      const cut = 1000 + next(length - 1000);
      writeFileSync(path("cut"), readFileSync(path("long")).subarray(0, cut));
      const run = await openRun(path("cut"));
      expect(run.torn, `cut at ${cut}`).toBe(true);
      expect(run.missing).toBeDefined();
      await run.close();
      const got = await read(path("cut"));
      expect(got).toEqual(all.slice(0, got.length));
      const saved = await recoverRun(path("cut"), path("saved"), { replace: true });
      expect(saved.batches).toBe(got.length);
      expect(await read(path("saved"))).toEqual(got);
    }
  });

  it("refuses a chunk that would become larger than allowed", async () => {
    await record("large", 300);
    const run = await openRun(path("large"), { limits: { recordingChunkBytesMax: 1000 } });
    await expect(run.batches().next()).rejects.toMatchObject({ code: "ERR_RECORDING_DAMAGED" });
    await run.close();
  });
});

describe("kill -9", () => {
  const kills = count("recordings killed at random moments", 20, 200);

  it(`at ${kills} random moments loses nothing that was settled`, { timeout: 1_200_000 }, async () => {
    const seed = 8;
    const next = numbers(seed);
    for (let i = 0; i < kills; i++) {
      const file = path(`killed-${i}`);
      const until = 1 + next(200);
      const acknowledged = await recordAndKill(file, 1 + next(4), until, next(3000));
      const saved = await recoverRun(file, `${file}.saved`);
      const where = `kill ${i} of seed ${seed}: ${acknowledged} acknowledged, ${JSON.stringify(saved)}`;
      expect(saved.batches, where).toBeGreaterThanOrEqual(acknowledged);
      expect(await read(`${file}.saved`), where).toEqual(expected(saved.batches));
    }
  });
});

/** @returns Number of batches that the recorder had settled when it was killed. */
function recordAndKill(file: string, perStep: number, lines: number, microseconds: number): Promise<number> {
  const script = join(root, "test/support/run-recorder.ts");
  const args = ["--import", "tsx", "--conditions=cosimas:source", script, file, String(perStep)];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  let dying = false;
  child.stdout.on("data", (data: Buffer) => {
    text += data;
    if (dying || text.split("\n").length <= lines) return;
    dying = true;
    // Somewhere in a later step, wherever it then is.
    const end = process.hrtime.bigint() + BigInt(microseconds) * 1000n;
    while (process.hrtime.bigint() < end);
    child.kill("SIGKILL");
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => {
      const whole = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
      resolve(Number(whole.at(-2) ?? 0));
    });
  });
}

describe("a full disk", () => {
  const mount = join(folder, "disk");
  let mounted = false;
  beforeAll(() => {
    mkdirSync(mount);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", mount], { stdio: "ignore" });
      mounted = true;
    } catch {
      // Without the right to mount, /dev/full stands for it.
    }
  });
  afterAll(() => {
    if (mounted) execFileSync("umount", [mount]);
  });

  it("is told when a run file is begun", async () => {
    symlinkSync("/dev/full", path("full"));
    const error = { code: "ERR_RECORDING_DISK", message: expect.stringContaining("ENOSPC") };
    await expect(RunWriter.open(path("full"), HEADER)).rejects.toMatchObject(error);
    await expect(RunWriter.open(path("full"), HEADER, { onDiskError: "stop" })).rejects.toMatchObject(error);
  });

  it("of 1 MB fails the next settle, or ends the recording, and what was settled is readable", async ({ skip }) => {
    if (!mounted) skip("no right to mount");
    for (const onDiskError of ["fail", "stop"] as const) {
      const file = join(mount, "run.mcap");
      const writer = await RunWriter.open(file, HEADER, { onDiskError });
      let settled = 0;
      let thrown: unknown;
      for (let i = 0; i < 100_000 && writer.failure === undefined; i++) {
        writer.append(messages(i, 30));
        thrown = await writer.settle().catch((error: unknown) => error);
        if (writer.failure === undefined) settled = i + 1;
      }
      expect(writer.failure).toMatchObject({ code: "ERR_RECORDING_DISK" });
      expect(thrown).toBe(onDiskError === "fail" ? writer.failure : undefined);
      writer.append(messages(0, 1));
      if (onDiskError === "fail") await expect(writer.close()).rejects.toBe(writer.failure);
      else await writer.close();
      const saved = await recoverRun(file, path("rescued"), { replace: true });
      expect(settled).toBeGreaterThan(100);
      expect(saved.batches).toBeGreaterThanOrEqual(settled);
      expect(saved.gap).toBeDefined();
      expect(await read(path("rescued"))).toEqual(expected(saved.batches));
      rmSync(file);
      rmSync(`${file}.wal`, { force: true });
    }
  });
});

it("a stale .wal of another run is not merged", async () => {
  await record("fresh", 300);
  truncateSync(path("fresh"), readFileSync(path("fresh")).length - 100);
  const child = await recordAndKill(path("other"), 1, 5, 0);
  expect(child).toBeGreaterThan(0);
  appendFileSync(path("fresh.wal"), readFileSync(path("other.wal")).subarray(0, 4000));
  const saved = await recoverRun(path("fresh"), path("fresh.saved"));
  expect(saved).toMatchObject({ batches: 300, fromWal: 0 });
  expect(readdirSync(folder).filter((name) => name.endsWith(".partial"))).toEqual([]);
});
