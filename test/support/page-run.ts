import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import type { Frame, Message, RunInfo } from "../../adapters/dashboard/model/protocol.ts";
import { buildPage } from "../../esbuild.page.mjs";
import { loadGrid, loadProfiles } from "../../scenarios/lv-congestion/grid/index.ts";
import { type RunResult, type RunSpec, simulate } from "../../scenarios/lv-congestion/run.ts";

const data = (file: string) => new URL(`../../scenarios/lv-congestion/data/${file}`, import.meta.url);
/** Where the agents of lv-congestion are. */
export const AGENTS = new URL("../../scenarios/lv-congestion/agents.ts", import.meta.url);

/** lv-congestion with agents, as `cosimas run` makes it: day 140, seed 1. */
export function congestion(spec: Partial<RunSpec> = {}): Promise<RunResult> {
  const [grid, profiles] = [loadGrid(data("grid.json")), loadProfiles(data("profiles.csv.gz"))];
  return simulate({ grid, profiles, day: 140, days: 1, control: true, seed: 1, ...spec });
}

/** A folder with the built page in `assets`, and room for files. */
export async function pageFolder(): Promise<{ folder: string; assets: string; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), "cosimas-page-"));
  const assets = join(folder, "assets");
  await buildPage(assets);
  return { folder, assets, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Repository's root. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A page without a browser: speaks what the page speaks. */
export class PageClient {
  readonly socket: WebSocket;
  info: RunInfo | undefined;
  frames: Frame[] = [];
  refused: { n: number; reason: string }[] = [];
  #n = 0;
  readonly #asked = new Map<number, { resolve: (data: never) => void; reject: (error: Error) => void }>();
  readonly #waiting: { wanted: () => boolean; resolve: () => void }[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (text) => this.#received(JSON.parse(String(text)) as Message));
  }

  /** @param url - Of the page, with its token. */
  static async open(url: string): Promise<PageClient> {
    const { host, hash } = new URL(url);
    const token = new URLSearchParams(hash.slice(1)).get("t");
    const socket = new WebSocket(`ws://${host}/feed?t=${token}`, { origin: `http://${host}` });
    const client = new PageClient(socket);
    await once(socket, "open");
    return client;
  }

  get frame(): Frame | undefined {
    return this.frames.at(-1);
  }

  #received(message: Message): void {
    if (message.what === "info") this.info = message;
    else if (message.what === "frame") this.frames.push(message);
    else if (message.what === "answer") this.#asked.get(message.n)?.resolve(message.data as never);
    else {
      this.refused.push(message);
      this.#asked.get(message.n)?.reject(new Error(message.reason));
    }
    for (const one of this.#waiting.filter(({ wanted }) => wanted())) {
      this.#waiting.splice(this.#waiting.indexOf(one), 1);
      one.resolve();
    }
  }

  /** Resolves as soon as what was received makes `wanted` true. */
  until(wanted: () => boolean): Promise<void> {
    return wanted() ? Promise.resolve() : new Promise((resolve) => this.#waiting.push({ wanted, resolve }));
  }

  /** Ask, or command. */
  ask<T>(request: object): Promise<T> {
    const n = this.#n++;
    return new Promise<T>((resolve, reject) => {
      this.#asked.set(n, { resolve, reject });
      this.socket.send(JSON.stringify({ ...request, n }));
    });
  }

  close(): void {
    this.socket.terminate();
  }
}
