import {
  boolean,
  checkArgument,
  checkOptions,
  checkTopology,
  either,
  listOf,
  number,
  type OptionChecks,
  object,
  SERIES_PLOTS,
  string,
  text,
  withMethods,
} from "../../../src/cosim/index.ts";
import type { Gate, Journal, PageOptions, TraceEvent, TraceSource } from "../../../src/index.ts";
import type { Topology } from "../model/protocol.ts";
import type { SeriesPlot } from "../model/series.ts";
import { PageServer, type PageServerOptions } from "./page-server.ts";
import { RecordedRun } from "./recorded-run.ts";
import { WatchedRun, type WatchedStart } from "./watched-run.ts";

/** How a run is watched. */
export interface WatchOptions extends PageOptions, PageServerOptions {
  /** Serve pages; default true. Without, there are only the metrics. */
  readonly pages?: boolean;
  /** The scenario's grid, or whatever else it consists of. */
  readonly topology?: Topology;
  /** What of it is plotted first. */
  readonly series?: readonly SeriesPlot[];
  /** Said on the page: what holding the run means here. */
  readonly note?: string;
  /** File that the run is recorded in: the page goes over to it at the end. */
  readonly recording?: string;
  readonly seed?: number | string;
  /** Calendar time of second 0, ISO 8601. */
  readonly start?: string;
  readonly ticksPerSecond?: number;
}

const VIEW_CHECKS: OptionChecks<Omit<WatchOptions, "paused" | "recording">> = {
  port: number({ integer: true, min: 0, max: 65_535 }),
  host: text,
  allowedHosts: listOf(text),
  readOnly: boolean,
  title: string,
  assets: text,
  pages: boolean,
  topology: object,
  series: SERIES_PLOTS,
  note: string,
  seed: either(number(), string),
  start: string,
  ticksPerSecond: number({ integer: true, min: 1 }),
};
const CHECKS: OptionChecks<WatchOptions> = { ...VIEW_CHECKS, paused: boolean, recording: text };

function checked<O extends { readonly topology?: Topology }>(of: string, options: O, checks: OptionChecks<O>): void {
  checkOptions(of, options, checks);
  if (options.topology !== undefined) checkTopology(of, options.topology);
}

/** A run that may be watched: a container, a platform, a world. */
export interface Watchable extends TraceSource {
  /** Of containers and platforms. */
  readonly clock?: {
    /** Of a clock that follows the wall. */
    readonly wallTicks?: number;
    readonly ticks?: number;
    utcnow?(): { toISO(): string | null };
    readonly resolution?: { readonly ticksPerSecond: number };
  };
  traceHash?(): string;
  /** Let `gate` hold its advances; gives what undoes it. */
  hold?(gate: Gate): () => void;
  /** Of worlds: their simulators. */
  topology?(): Topology;
  pause?(): void;
  resume?(): void;
}

/** A run with its page. Whoever opened it closes it; the run goes on without. */
export class Watch {
  readonly run: WatchedRun;
  readonly #server: PageServer | undefined;
  readonly #options: WatchOptions;
  readonly #detach: (() => void)[] = [];
  /** Something else than the journal holds the run. */
  #steered = false;
  #recorded: RecordedRun | undefined;

  private constructor(run: WatchedRun, server: PageServer | undefined, options: WatchOptions) {
    this.run = run;
    this.#server = server;
    this.#options = options;
  }

  /** Serve the page of a run that is still to come. Throws as `PageServer.open`. */
  static async open(options: WatchOptions = {}): Promise<Watch> {
    checked("watch", options, CHECKS);
    const run = new WatchedRun({ ...options, title: options.title ?? "cosimas" });
    const { seed, start, ticksPerSecond } = options;
    run.begin(known({ seed, start, ticksPerSecond }));
    return new Watch(run, options.pages === false ? undefined : await PageServer.open(run, options), options);
  }

  /** Where to look, with the token that lets in: `http://127.0.0.1:41234/#t=…`. */
  get url(): string {
    return this.#server?.url ?? "";
  }

  get port(): number {
    return this.#server?.port ?? 0;
  }

  /** Pages that are open. */
  get pages(): number {
    return this.#server?.pages ?? 0;
  }

  /** Show the run of `source`, and hold it when a page says so. */
  add(source: Watchable): void {
    const ticksPerSecond = source.clock?.resolution?.ticksPerSecond;
    const start = source.clock?.utcnow?.().toISO() ?? undefined;
    this.run.begin(known({ ticksPerSecond, start, traceHash: source.traceHash && (() => source.traceHash!()) }));
    this.run.topology ??= source.topology?.();
    if (source.pause !== undefined && source.resume !== undefined) {
      this.#steered = true;
      this.#detach.push(source.attach((batch) => this.#world(batch, source)));
    } else {
      this.#detach.push(source.attach((batch) => this.run.take(batch)));
      const { clock } = source;
      const isLive = clock?.wallTicks !== undefined;
      if (isLive) this.run.lateBy = (ticks) => Math.max(0, clock.wallTicks! - ticks) / (ticksPerSecond ?? 1_000_000);
      if (source.hold !== undefined && !isLive) this.#detach.push(source.hold((ticks) => this.run.stepEnded(ticks)));
      else this.run.unheld = true;
    }
    this.#server?.show(this.run);
  }

  /** A time of a world is over. */
  #world(batch: readonly TraceEvent[], world: Watchable): void {
    this.run.take(batch);
    if (this.run.steering.held) return; // steps that were under way when it was held
    const held = this.run.stepEnded(this.run.view.state.ticks);
    if (held === undefined) return void this.run.stepBegins();
    world.pause!();
    void held.then(() => {
      this.run.stepBegins();
      world.resume!();
    });
  }

  /** A journal that shows the run which keeps it, and holds it after each advance; `inner` keeps it, too. */
  journal(inner: Journal | undefined): Journal {
    const { run } = this;
    return {
      begin: async (start, live) => {
        const { seed, start: at, ticksPerSecond } = start;
        run.begin(known({ seed, start: at, ticksPerSecond, traceHash: live && (() => live.traceHash()) }));
        this.#server?.show(run);
        await inner?.begin(start, live);
      },
      feed: (op, tag, content) => {
        if (op === "advance") run.stepBegins();
        inner?.feed(op, tag, content);
      },
      events: (batch) => {
        run.take(batch);
        inner?.events(batch);
      },
      settle: async () => {
        await inner?.settle();
        if (!this.#steered) await run.stepEnded(run.view.state.ticks);
      },
      end: async (traceHash) => {
        await inner?.end(traceHash);
        if (traceHash !== undefined) run.begin({ traceHash: () => traceHash });
      },
    };
  }

  /**
   * The run is over; the page stays. If it was recorded, the page shows the recording from now on.
   *
   * @param failure - Why it failed, if it has.
   */
  async end(failure = ""): Promise<void> {
    this.run.end(failure);
    const { recording, topology, series, title } = this.#options;
    this.#server?.publish();
    if (this.#server === undefined || recording === undefined || failure !== "") return;
    const known = this.run.topology ?? topology;
    this.#recorded = await RecordedRun.open(recording, {
      topology: known,
      series,
      ...(title !== undefined && { title }),
    });
    this.#server.show(this.#recorded);
  }

  /** Hold the run no longer, whatever the pages say: it is to end. */
  release(): void {
    this.run.steering.close();
  }

  /** End the page; a run that is held goes on. */
  async close(): Promise<void> {
    for (const detach of this.#detach.splice(0)) detach();
    this.run.steering.close();
    await this.#server?.close();
    await this.#recorded?.close();
  }
}

/** Only what is known. */
function known(start: { [K in keyof WatchedStart]: WatchedStart[K] | undefined }): WatchedStart {
  return Object.fromEntries(Object.entries(start).filter(([, value]) => value !== undefined)) as WatchedStart;
}

/**
 * Watch a container, a platform or a world on a page. Neither the run nor its trace hash nor a recording changes.
 *
 * @throws TypeError or RangeError for an option that there is not, or that is none of what it may be; ScenarioError
 *   `ERR_SCENARIO_TOPOLOGY` if parts of its topology do not fit together.
 * @throws ChannelError `ERR_CHANNEL_CONNECT` if the port is taken; ScenarioError `ERR_PAGE_ASSETS`.
 */
export async function watchRun(source: Watchable, options: WatchOptions = {}): Promise<Watch> {
  checkArgument("watch", "source", source, withMethods("a container, platform or world", "attach"));
  const watched = await Watch.open(options);
  watched.add(source);
  return watched;
}

/** A recording with its page. */
export interface RecordingPage {
  readonly url: string;
  readonly port: number;
  /** Resolves when the recording was read as a whole. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/**
 * Show a recording on a page.
 *
 * @throws RecordingError if it cannot be read; otherwise as `watchRun`.
 */
export async function view(
  path: string,
  options: Omit<WatchOptions, "paused" | "recording"> = {},
): Promise<RecordingPage> {
  checked("view", options, VIEW_CHECKS);
  const { topology, series, title } = options;
  const run = await RecordedRun.open(path, { topology, series, ...(title !== undefined && { title }) });
  try {
    const server = await PageServer.open(run, options);
    const close = async () => {
      await server.close();
      await run.close();
    };
    return { url: server.url, port: server.port, ready: run.ready, close };
  } catch (error) {
    await run.close();
    throw error;
  }
}
