import type {
  CreateResult,
  InitParams,
  InputData,
  Meta,
  OutputData,
  OutputRequest,
  SimId,
  Time,
} from "../../../src/cosim/index.ts";
import { Keywords, Loss, PlacedInputs, type PlacedOutputs, Simulator, within } from "../../../src/cosim/index.ts";
import type { channel } from "../../../src/index.ts";
import type { CommandEntry, ConnectEntry } from "./command-line.ts";
import type { ConnectSimulatorOptions } from "./connect-simulator.ts";
import type { FloatCodec } from "./float-codec.ts";
import type { SimulatorProcess } from "./process.ts";
import { serveRequests } from "./requests.ts";
import { DataRequest, StepMessages, StepRequest } from "./step-messages.ts";

/** Wall time to wait until it is known how a process ended whose connection is gone, in milliseconds. */
const ENDING_MS_MAX = 500;

/** Wall time that a simulator has to close its connection after stop if a call of it is under way, in milliseconds. */
const BUSY_STOP_MS_MAX = 1000;

/** How steps are asked for: the run looks after how long they take. */
const STEP: channel.RequestOptions = { timeoutMs: Number.POSITIVE_INFINITY, method: "step" };
const GET_DATA: channel.RequestOptions = { timeoutMs: Number.POSITIVE_INFINITY, method: "get_data" };

/** What a remote simulator needs of its world. */
export interface RemoteOptions extends Omit<ConnectSimulatorOptions, "signal"> {
  /** Wall time of a call other than a step, in milliseconds; the run looks after steps. */
  readonly callTimeoutMs: number;
  /** Wall time that it has to end after stop, in milliseconds. */
  readonly stopTimeoutMs: number;
}

type Answered<T> = (answer: T) => void;
type Failed = (error: unknown) => void;

/**
 * A simulator in another process, which speaks mosaik's API 3, 2 or 1 over a connection.
 *
 * Source: mosaik `simmanager` and `adapters`.
 */
export class RemoteSimulator extends Simulator {
  /** As of API 3, whatever the simulator speaks; there once `init` has answered. */
  declare meta: Meta;
  readonly #entry: CommandEntry | ConnectEntry;
  readonly #options: RemoteOptions;
  #peer: channel.Channel | undefined;
  #codec: FloatCodec | undefined;
  #process: SimulatorProcess | undefined;
  /** `[major, minor]` of the interface that it speaks. */
  #version: readonly [number, number] = [3, 0];
  readonly #stop = new AbortController();
  /** Settles when its start has succeeded or failed. */
  #starting: Promise<unknown> | undefined;
  /** Messages that come again after every step. */
  #steps: StepMessages | undefined;
  #asked: DataRequest | undefined;
  #onLost: ((loss: Loss) => void) | undefined;

  constructor(entry: CommandEntry | ConnectEntry, options: RemoteOptions) {
    super();
    this.#entry = entry;
    this.#options = options;
  }

  /** Tell `lost` if the connection ends while nothing is asked for. */
  watch(lost: (loss: Loss) => void): void {
    this.#onLost = lost;
  }

  /** Remember of its answers which whole numbers are floats, from now on. */
  keepFloats(): void {
    this.#codec?.keep();
  }

  /** What `getData` has answered, with `WholeFloat`s for whole numbers that are floats, if there are any. */
  exact(data: OutputData): OutputData | undefined {
    return this.#codec?.exact(data);
  }

  /** Start it, or connect to it. */
  override async init(sid: SimId, { timeResolution, ...params }: InitParams): Promise<Meta> {
    const starting = this.#connect();
    this.#starting = starting.catch(() => {});
    const { peer, codec, process } = await starting;
    this.#peer = peer;
    this.#codec = codec;
    this.#process = process;
    serveRequests(peer, codec, () => this.mosaik);
    void peer.closed.then(async (reason) => {
      if (!this.#stop.signal.aborted) this.#onLost?.(await this.#loss(reason));
    });
    const kwargs = { time_resolution: timeResolution, ...params };
    const meta = await this.#ask("init", [sid], kwargs, this.#options.startTimeoutMs);
    this.meta = this.#adapted(meta as Meta | null);
    for (const name of this.meta.extra_methods ?? []) {
      if (name in this) continue;
      Object.defineProperty(this, name, { value: (...args: unknown[]) => this.#extra(name, args) });
    }
    return this.meta;
  }

  override create(num: number, model: string, params: Readonly<Record<string, unknown>>) {
    return this.#ask("create", [num, model], params) as Promise<readonly CreateResult[]>;
  }

  override async setupDone(): Promise<void> {
    const [major, minor] = this.#version;
    if (major > 2 || (major === 2 && minor >= 2)) await this.#ask("setup_done", []);
  }

  override step(time: Time, inputs: InputData, maxAdvance: Time): Promise<Time | null> {
    const args = this.#version[0] < 3 ? [time, inputs] : [time, inputs, maxAdvance];
    return this.#ask("step", args, {}, Number.POSITIVE_INFINITY) as Promise<Time | null>;
  }

  override getData(outputs: OutputRequest): Promise<OutputData> {
    return this.#ask("get_data", [outputs], {}, Number.POSITIVE_INFINITY) as Promise<OutputData>;
  }

  /** As {@link step}, without a promise. */
  askStep(
    time: Time,
    inputs: PlacedInputs | InputData,
    maxAdvance: Time,
    answered: Answered<Time | null>,
    failed: Failed,
  ): void {
    const content = this.#stepRequest(time, inputs, maxAdvance);
    this.#tell(content, STEP, answered as Answered<unknown>, failed);
  }

  /** As {@link getData}, without a promise; `outputs` is frozen, and mostly the same as before. */
  askData(outputs: OutputRequest, answered: Answered<OutputData | PlacedOutputs>, failed: Failed): void {
    if (this.#asked?.outputs !== outputs && this.#codec) {
      this.#asked = new DataRequest(outputs, this.#codec, this.#codec.floats);
    }
    this.#tell(this.#asked, GET_DATA, answered as Answered<unknown>, failed);
  }

  /** The last answer of {@link askData} was right: one alike but for its numbers may be given as `PlacedOutputs`. */
  learn(pick: (data: OutputData) => readonly unknown[]): void {
    this.#asked?.answers.learn(pick);
  }

  #stepRequest(time: Time, inputs: PlacedInputs | InputData, maxAdvance: Time): unknown {
    const isPlaced = inputs instanceof PlacedInputs;
    if (this.#version[0] < 3) return ["step", [time, isPlaced ? inputs.toData() : inputs], {}];
    if (!isPlaced || this.#codec === undefined) return ["step", [time, inputs, maxAdvance], {}];
    if (this.#steps?.layout !== inputs.layout) this.#steps = new StepMessages(inputs.layout, this.#codec);
    return new StepRequest(this.#steps, time, inputs, maxAdvance);
  }

  /** Say stop, and wait until it has ended. Its process, if the world has started it, is ended by force if need be. */
  override async finalize(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    await this.#starting;
    const peer = this.#peer;
    if (peer === undefined) return;
    const graceMs = peer.pendingCalls > 0 ? BUSY_STOP_MS_MAX : this.#options.stopTimeoutMs;
    if (peer.isOpen) {
      // It has no answer.
      peer.request(["stop", [], {}], { timeoutMs: Number.POSITIVE_INFINITY }).catch(() => {});
      await within(peer.closed, graceMs);
      await peer.close();
    }
    await this.#process?.end(graceMs);
  }

  /** Processes and sockets are loaded when there is use for them: a page has none. */
  async #connect() {
    const { connectSimulator } = await import("./connect-simulator.ts");
    return connectSimulator(this.#entry, { ...this.#options, signal: this.#stop.signal });
  }

  #extra(name: string, args: readonly unknown[]): Promise<unknown> {
    const last = args.at(-1);
    return last instanceof Keywords ? this.#ask(name, args.slice(0, -1), last.values) : this.#ask(name, args);
  }

  async #ask(
    method: string,
    args: readonly unknown[],
    kwargs: object = {},
    timeoutMs: number = this.#options.callTimeoutMs,
  ): Promise<unknown> {
    const peer = this.#peer;
    if (peer === undefined) throw notConnected();
    try {
      return await peer.request([method, args, kwargs], { timeoutMs, method });
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === "ERR_CHANNEL_TIMEOUT") throw new Loss("ERR_BRIDGE_TIMEOUT", `has not ended within ${timeoutMs} ms`);
      throw await this.#explained(peer, error);
    }
  }

  /** Ask for what the run waits for, however long. */
  #tell(content: unknown, options: channel.RequestOptions, answered: Answered<unknown>, failed: Failed): void {
    const peer = this.#peer;
    const fail = (error: unknown) => void this.#explained(peer, error).then(failed);
    if (peer === undefined) fail(notConnected());
    else peer.ask(content, options, answered, fail);
  }

  /** What the failure of a request means: a lost simulator, if the connection is gone. */
  async #explained(peer: channel.Channel | undefined, error: unknown): Promise<unknown> {
    return peer === undefined || peer.isOpen ? error : this.#loss(error as Error);
  }

  /** Why the connection is gone, as far as its process says. */
  async #loss(reason: Error): Promise<Loss> {
    if (this.#process !== undefined) await within(this.#process.ended, ENDING_MS_MAX);
    const ending = this.#process?.ending;
    return new Loss("ERR_BRIDGE_LOST", reason.message + (ending === undefined ? "" : `; ${ending}`), reason);
  }

  /** `meta` as of API 3. */
  #adapted(meta: Meta | null): Meta {
    const version: unknown = typeof meta === "object" && meta !== null ? (meta.api_version ?? "1") : "3";
    const [major = Number.NaN, minor = 0] = String(version).split(".").map(Number);
    if (meta === null || typeof version !== "string" || !(major < 3)) return meta as Meta;
    this.#version = [major, minor];
    return { ...meta, api_version: "3.0", type: meta.type ?? "time-based" };
  }
}

function notConnected(): Loss {
  return new Loss("ERR_BRIDGE_LOST", "is not connected");
}
