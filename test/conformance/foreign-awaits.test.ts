import { execFile } from "node:child_process";
import { webcrypto } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { gzip } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { Agent, Container } from "../../src/index.ts";
import { count } from "../support/heavy.ts";

/** Whatever a handler waits on that the simulation does not know, it is named, and nothing of it gets into the trace. */
const TIMES = count("foreign awaits of a kind", 20, 1000);
/** Kinds that start a thread or a process take a hundred times as long as the others. */
const TIMES_SLOW = count("foreign awaits of a slow kind", 5, 1000);

let server: Server;
let sockets: WebSocketServer;
let imports = 0;
const folder = mkdtempSync(join(tmpdir(), "cosimas-foreign-"));
const nativeImport = createRequire(import.meta.url)("../support/native-import.cjs") as (
  url: string,
) => Promise<unknown>;
const portOf = () => (server.address() as AddressInfo).port;

const KINDS: Readonly<Record<string, () => Promise<unknown>>> = {
  timer: () => pause(1),
  file: () => readFile(new URL(import.meta.url)),
  fetch: async () => (await fetch(`http://127.0.0.1:${portOf()}/`)).text(),
  "subtle crypto": () => webcrypto.subtle.digest("SHA-256", new Uint8Array(1000)),
  zlib: () => promisify(gzip)(Buffer.alloc(1000)),
  "dynamic import": async () => {
    const file = join(folder, `module-${imports++}.mjs`);
    writeFileSync(file, "");
    await nativeImport(pathToFileURL(file).href);
  },
  stream: async () => {
    for await (const chunk of Readable.from(["a", "b"], { highWaterMark: 1 })) if (chunk === "b") await pause(1);
  },
  WebSocket: async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${portOf()}/`);
    await once(socket, "message");
    socket.terminate();
  },
  worker: async () => {
    const worker = new Worker("require('node:worker_threads').parentPort.postMessage(1)", { eval: true, execArgv: [] });
    await once(worker, "message");
    await worker.terminate();
  },
  "child process": () => promisify(execFile)("true"),
};
const SLOW = new Set(["worker", "child process"]);

class Waiting extends Agent {
  static override readonly exposed = ["note"] as const;
  notes = 0;
  async wait(kind: string, then: string): Promise<void> {
    const ended = KINDS[kind]!();
    foreign = ended.then(
      () => {},
      () => {},
    );
    await ended;
    if (then === "sends") this.send("other", "note", [kind]);
    else if (then === "calls") await (await this.connect<typeof Waiting>("other")).note();
    else if (then === "sleeps") await this.clock.sleep(1);
  }
  note(): void {
    this.notes++;
  }
}
/** What the handler waits for, seen from outside. */
let foreign: Promise<void> = Promise.resolve();

const THEN = ["ends", "sends", "calls", "sleeps"];

/** One run in which a handler waits for something foreign; the error that it fails with, and its trace. */
async function run(kind: string, then: string): Promise<{ error: unknown; notes: number }> {
  const container = await Container.create({ seed: 1 });
  container.spawn(Waiting, { id: "one" });
  const other = container.spawn(Waiting, { id: "other" });
  container.input("one", "wait", [kind, then]);
  let error: unknown;
  try {
    await container.advance(0);
    await foreign;
    await new Promise((resolve) => setImmediate(resolve)); // the handler has gone on
    await container.advance(1);
    await container.advance(3);
  } catch (reason) {
    error = reason;
  }
  const { notes } = other;
  await container.close();
  return { error, notes };
}

describe("a foreign await", () => {
  const onWarning = (): void => {};
  beforeAll(async () => {
    server = createServer((_request, response) => response.end("fine"));
    sockets = new WebSocketServer({ server });
    sockets.on("connection", (socket) => socket.send("hello"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    process.on("warning", onWarning);
  });
  afterAll(async () => {
    process.off("warning", onWarning);
    sockets.close();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  it.each(Object.keys(KINDS).flatMap((kind) => [[kind, "idle"] as const, [kind, "loaded"] as const]))(
    "of the kind %s is named every time on a machine that is %s, and none slips into the trace",
    async (kind, machine) => {
      const load = machine === "loaded" ? new Worker("for (;;);", { eval: true, execArgv: [] }) : undefined;
      try {
        for (let i = 0; i < (SLOW.has(kind) ? TIMES_SLOW : TIMES); i++) {
          const { error, notes } = await run(kind, THEN[i % THEN.length]!);
          expect(error).toMatchObject({ code: "ERR_FOREIGN_AWAIT", agent: "one" });
          expect((error as Error).message).toContain("in wait");
          expect(notes).toBe(0);
        }
      } finally {
        await load?.terminate();
      }
    },
  );
});
