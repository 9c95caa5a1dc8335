import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { open } from "../../src/channel/index.ts";
import { type CodecName, createCodec } from "../../src/codec/index.ts";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import { count } from "../support/heavy.ts";
import { startPeer } from "../support/peer.ts";

/** Random and mutated frames against a server in a process of its own, over real sockets. */

/** Each is a connection of its own: over TCP their ports come to an end. */
const KINDS = [
  { codec: "msgpack", link: "ipc", frames: count("bad frames of msgpack", 24_000, 600_000) },
  { codec: "json", link: "ipc", frames: count("bad frames of json", 15_000, 375_000) },
  { codec: "json", link: "tcp", frames: 5000 },
] as const;
const BATCH = 1000;
/** Connections at a time. */
const PARALLEL = 50;
/** Memory that the server may have beyond what it had when warm, in bytes. */
const GROWTH_BYTES_MAX = 300 * 2 ** 20;

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
const MESSAGES = [
  [0, 1, ["add", [1, 2], {}]],
  [0, 70_000, { a: [1, "two", null, true, 1.5], b: { c: [] } }],
  [1, 5, null],
  [2, 5, "Error: text"],
  [7, -1, []],
  [0, 3, [[[[[[[[1]]]]]]]]],
  [0, 4, "x".repeat(300)],
  [],
];

/** Such messages of one codec, as bytes, and a whole request that is served. */
function material(name: CodecName): { readonly seeds: readonly Buffer[]; readonly good: Buffer } {
  const codec = createCodec(name, { limits: DEFAULT_LIMITS });
  const written = (message: unknown) => Buffer.from(codec.encode(message));
  // JSON has no bytes.
  const seeds = [...MESSAGES, ...(name === "json" ? [] : [[0, 8, new Uint8Array(20)]])].map(written);
  const body = written([0, 0, 7]);
  const header = Buffer.alloc(4);
  header.writeUInt32BE(body.length);
  return { seeds, good: Buffer.concat([header, body]) };
}

function payload(random: (below: number) => number, seeds: readonly Buffer[]): Buffer {
  if (random(4) === 0) {
    const bytes = Buffer.alloc(random(64));
    for (let at = 0; at < bytes.length; at++) bytes[at] = random(256);
    return bytes;
  }
  const bytes = Buffer.from(seeds[random(seeds.length)]!);
  for (let n = random(4); n > 0; n--) bytes[random(bytes.length)] = random(256);
  return random(8) === 0 ? bytes.subarray(0, random(bytes.length + 1)) : bytes;
}

function frame(random: (below: number) => number, seeds: readonly Buffer[]): Buffer {
  const body = payload(random, seeds);
  const header = Buffer.alloc(4);
  // Now and then a length that is not the payload's.
  header.writeUInt32BE(random(32) === 0 ? random(2 ** 32) : body.length);
  return Buffer.concat([header, body]);
}

/** Send a frame on a connection of its own, and wait until the server has ended it: it has read all of it. */
function attack(address: string, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const [, port] = /^tcp:.*:(\d+)$/.exec(address) ?? [];
    const socket =
      port === undefined ? connect({ path: address.slice("ipc://".length) }) : connect(Number(port), "127.0.0.1");
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.resume();
    socket.end(bytes);
  });
}

const seed = Number(process.env["COSIMAS_SEED"] ?? fc.sample(fc.noBias(fc.integer({ min: 1 })), 1)[0]!);

it.each(KINDS)(
  `a server outlives $frames bad frames of $codec over $link, and answers after every ${BATCH} (seed ${seed})`,
  {
    timeout: 1_200_000,
  },
  async ({ codec, link, frames }) => {
    const folder = await mkdtemp(join(tmpdir(), "cosimas-fuzz-"));
    const address = link === "ipc" ? `ipc://${join(folder, "socket")}` : "tcp://127.0.0.1:0";
    const peer = await startPeer(address, { codec, limits: { frameBytesMax: 2 ** 20 } });
    const health = await open(peer.address, { codec });
    onTestFinished(async () => {
      await health.close();
      await peer.kill();
      await rm(folder, { recursive: true });
    });
    const { seeds, good } = material(codec);
    const random = numbers(seed);
    let warm = 0;
    let most = 0;
    for (let sent = 0; sent < frames; sent += BATCH) {
      for (let n = 0; n < BATCH; n += PARALLEL) {
        // Behind a good request now and then: a connection that has worked is as safe as a fresh one.
        const bad = Array.from({ length: PARALLEL }, () => frame(random, seeds));
        await Promise.all(
          bad.map((each) => attack(peer.address, random(4) === 0 ? Buffer.concat([good, each]) : each)),
        );
      }
      expect(await health.request(sent)).toBe(sent);
      most = Math.max(most, (await health.request("memory")) as number);
      if (sent <= 10 * BATCH) warm = most;
    }
    expect(most - warm).toBeLessThan(GROWTH_BYTES_MAX);
    expect(peer.child.exitCode).toBe(null);
  },
);
