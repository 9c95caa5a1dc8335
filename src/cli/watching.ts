import { spawn } from "node:child_process";
import type { Command } from "commander";
import { givenTopology, type Topology } from "../cosim/topology.ts";
import type { Journal, TraceEvent, TraceSource } from "../trace.ts";
import { dashboard } from "../watching.ts";
import { UsageError } from "./errors.ts";
import { loadModule, SCENARIO } from "./load.ts";

type Watch = Awaited<ReturnType<Awaited<ReturnType<typeof dashboard>>["Watch"]["open"]>>;

/** What the user wants to see of a run while it goes on. */
export interface WatchFlags {
  readonly watch?: boolean;
  readonly watchPort?: number;
  readonly watchHost?: string;
  readonly open?: boolean;
  readonly paused?: boolean;
  readonly readOnly?: boolean;
  readonly metrics?: number;
}

/** Options of commands that run something. */
export function addWatchOptions(command: Command): Command {
  command.option("--watch", "show the run on a page of this machine, which can hold it; its address is printed");
  command.option("--paused", "hold the run after its first step, until the page says run");
  addPageOptions(command);
  command.option("--metrics <port>", "serve metrics for Prometheus at 127.0.0.1, /metrics", parsePort("metrics"));
  return command;
}

/** Options of every page. */
export function addPageOptions(command: Command): Command {
  command.option("--open", "open the page in the browser");
  command.option("--read-only", "the page may look, and hold nothing");
  command.option("--watch-port <port>", "port of the page; default: any free one", parsePort("watch-port"));
  command.option("--watch-host <address>", "interface of the page, if others are to see it; default: 127.0.0.1");
  return command;
}

/** These options, and a command's own. @throws UsageError if they make no sense together. */
export function splitWatchFlags<T extends WatchFlags>(options: T): [WatchFlags, Omit<T, keyof WatchFlags>] {
  const { watch, watchPort, watchHost, open, paused, readOnly, metrics, ...rest } = options;
  if (paused && !watch && !open) {
    throw new UsageError("ERR_CLI_USAGE", "--paused holds a run for its page: add --watch");
  }
  const flags = { watch, watchPort, watchHost, open, paused, readOnly, metrics };
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return [Object.fromEntries(given), rest];
}

function parsePort(option: string): (text: string) => number {
  return (text) => {
    const port = Number(text);
    if (/^\d+$/.test(text) && port <= 65_535) return port;
    throw new UsageError("ERR_CLI_VALUE", `--${option} must be a port from 0 to 65535, got ${text}`);
  };
}

/** The page and the metrics of a run, or neither: then it does nothing. */
export class Watching {
  readonly #watch: Watch | undefined;
  readonly #closeMetrics: () => Promise<void>;
  readonly #hasPage: boolean;
  #shows = false;

  private constructor(watch: Watch | undefined, hasPage: boolean, closeMetrics: () => Promise<void>) {
    this.#watch = watch;
    this.#hasPage = hasPage;
    this.#closeMetrics = closeMetrics;
  }

  /**
   * Open what the user asked for, and say where it is.
   *
   * @param say - Writes a line, once for each address.
   * @throws ChannelError `ERR_CHANNEL_CONNECT` if a port is taken.
   */
  static async open(flags: WatchFlags, shown: ShownRun, say: (line: string) => void): Promise<Watching> {
    const { watch: wanted = false, open = false, metrics } = flags;
    if (!wanted && !open && metrics === undefined) return new Watching(undefined, false, async () => {});
    const { Watch, serveMetrics } = await dashboard();
    const { topology: given, ...rest } = shown;
    const topology = await givenTopology(given);
    const hasPage = wanted || open;
    const options = { ...rest, ...(topology && { topology }), ...pageOptions(flags), pages: hasPage };
    const watch = await Watch.open({ ...options, ...(flags.paused && { paused: true }) });
    if (hasPage) show(watch.url, open, say);
    if (metrics === undefined) return new Watching(watch, hasPage, async () => {});
    const served = await serveMetrics(watch.run, metrics).catch(async (error: unknown) => {
      await watch.close();
      throw error;
    });
    say(`metrics: http://127.0.0.1:${served.port}/metrics`);
    return new Watching(watch, hasPage, () => served.close());
  }

  /** A journal that shows the run which keeps it, the first one; `inner` keeps it, too. */
  journal(inner: Journal | undefined): Journal | undefined {
    if (this.#watch === undefined || this.#shows) return inner;
    this.#shows = true;
    return this.#watch.journal(inner);
  }

  /** See `ScenarioContext.watch`. */
  add(source: TraceSource): void {
    this.#watch?.add(source);
  }

  /** An advance of a replay has ended. @returns Settles when it may go on. */
  step(events: readonly TraceEvent[]): Promise<void> | undefined {
    const run = this.#watch?.run;
    if (run === undefined) return undefined;
    run.take(events);
    return run.stepEnded(run.view.state.ticks);
  }

  /** Progress of a run, for its line and its page. */
  following(line: { update(fraction: number, label?: string): void }): (fraction: number, label?: string) => void {
    return (fraction, label) => {
      line.update(fraction, label);
      this.progress(fraction, label);
    };
  }

  progress(fraction: number, label = ""): void {
    this.#watch?.run.progress(fraction, label);
  }

  /** A page is open, or may be opened: it stays when the run is over. */
  get hasPage(): boolean {
    return this.#hasPage;
  }

  get url(): string {
    return this.#watch?.url ?? "";
  }

  /** Hold the run no longer: it is to end. */
  release(): void {
    this.#watch?.release();
  }

  /** The run is over. @param failure - Why it failed, if it has. */
  async end(failure = ""): Promise<void> {
    await this.#watch?.end(failure);
  }

  async close(): Promise<void> {
    await this.#closeMetrics();
    await this.#watch?.close();
  }
}

/** What the page says of a run. */
export interface ShownRun {
  readonly title: string;
  readonly topology?: Topology | (() => Topology | Promise<Topology>) | undefined;
  /** What holding it means. */
  readonly note?: string;
  /** File that it is recorded in. */
  readonly recording?: string;
  readonly seed?: number | string;
  readonly start?: string;
  readonly ticksPerSecond?: number;
}

/** What the scenario of this name consists of, if it says so. */
export async function topologyOf(given: string | undefined): Promise<Topology | undefined> {
  if (given === undefined) return undefined;
  const { topology, name } = await loadModule(given, SCENARIO);
  if (topology === undefined) {
    throw new UsageError(
      "ERR_CLI_USAGE",
      `the scenario "${name}" has no grid to draw: its defineScenario has no topology`,
    );
  }
  return givenTopology(topology);
}

/** What the flags say of the page's server. */
export function pageOptions({ watchPort, watchHost, readOnly }: WatchFlags) {
  return {
    ...(watchPort !== undefined && { port: watchPort }),
    ...(watchHost !== undefined && { host: watchHost }),
    ...(readOnly && { readOnly }),
  };
}

/** Say where the page is, and open it if that is asked for and there is somewhere to. */
export function show(url: string, opens: boolean, say: (line: string) => void): void {
  say(`page: ${url}`);
  if (!opens) return;
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  const command = { darwin: "open", win32: "explorer", linux: "xdg-open" }[process.platform as string];
  if (command === undefined || (process.platform === "linux" && !DISPLAY && !WAYLAND_DISPLAY)) return;
  const child = spawn(command, [url], { stdio: "ignore", detached: true });
  child.on("error", () => {}); // its address has been printed
  child.unref();
}

/** Resolves at the first SIGINT or SIGTERM. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      process.off("SIGINT", done);
      process.off("SIGTERM", done);
      resolve();
    };
    process.on("SIGINT", done);
    process.on("SIGTERM", done);
  });
}
