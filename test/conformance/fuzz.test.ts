import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { open } from "../../src/channel/index.ts";
import { createCodec } from "../../src/codec/index.ts";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import { startPeer } from "../support/peer.ts";

/** Random and mutated frames against a server in a process of its own, over real sockets. */

const FRAMES = process.env.COSIMAS_HEAVY ? 1_000_000 : 200_000;
const BATCH = 1000;
/** Connections at a time. */
const PARALLEL = 50;
/** Memory that the server may have beyond what it had when warm, in bytes. */
const GROWTH_BYTES_MAX = 300 * 2 ** 20;

const codec = createCodec("msgpack", { limits: DEFAULT_LIMITS });

/** Numbers for one run from one seed: xorshift, quick enough for millions of bytes. */
function numbers(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Messages to mutate: those that a client may send, and those that it may not. */
const SEEDS = [
  [0, 1, ["add", [1, 2], {}]],
  [0, 70_000, { a: [1, "two", null, true, 1.5], b: new Uint8Array(20) }],
  [1, 5, null],
  [2, 5, "Error: text"],
  [7, -1, []],
  [0, 3, [[[[[[[[1]]]]]]]]],
  [0, 4, "x".repeat(300)],
  [],
].map((message) => Buffer.from(codec.encode(message)));

/** A whole request that is served. */
const GOOD = Buffer.from("0000000493000007", "hex");

function payload(random: (below: number) => number): Buffer {
  if (random(4) === 0) {
    const bytes = Buffer.alloc(random(64));
    for (let at = 0; at < bytes.length; at++) bytes[at] = random(256);
    return bytes;
  }
  const bytes = Buffer.from(SEEDS[random(SEEDS.length)]!);
  for (let n = random(4); n > 0; n--) bytes[random(bytes.length)] = random(256);
  return random(8) === 0 ? bytes.subarray(0, random(bytes.length + 1)) : bytes;
}

function frame(random: (below: number) => number): Buffer {
  const body = payload(random);
  const header = Buffer.alloc(4);
  // Now and then a length that is not the payload's.
  header.writeUInt32BE(random(32) === 0 ? random(2 ** 32) : body.length);
  return Buffer.concat([header, body]);
}

/** Send a frame on a connection of its own, and wait until the server has ended it: it has read all of it. */
function attack(path: string, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.resume();
    socket.end(bytes);
  });
}

const seed = fc.sample(fc.noBias(fc.integer({ min: 1 })), 1)[0]!;

it(`a server outlives ${FRAMES} bad frames, and answers after every ${BATCH} (seed ${seed})`, {
  timeout: 1_200_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "cosimas-fuzz-"));
  const path = join(folder, "socket");
  const peer = await startPeer(`ipc://${path}`, { limits: { frameBytesMax: 2 ** 20 } });
  const health = await open(peer.address);
  onTestFinished(async () => {
    await health.close();
    await peer.kill();
    await rm(folder, { recursive: true });
  });
  const random = numbers(seed);
  let warm = 0;
  let most = 0;
  for (let sent = 0; sent < FRAMES; sent += BATCH) {
    for (let n = 0; n < BATCH; n += PARALLEL) {
      // Behind a good request now and then: a connection that has worked is as safe as a fresh one.
      const frames = Array.from({ length: PARALLEL }, () => frame(random));
      await Promise.all(frames.map((bad) => attack(path, random(4) === 0 ? Buffer.concat([GOOD, bad]) : bad)));
    }
    expect(await health.request(sent)).toBe(sent);
    most = Math.max(most, (await health.request("memory")) as number);
    if (sent === 10 * BATCH) warm = most;
  }
  expect(most - warm).toBeLessThan(GROWTH_BYTES_MAX);
  expect(peer.child.exitCode).toBe(null);
});
