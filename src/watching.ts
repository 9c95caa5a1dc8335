/**
 * The page of a run, `cosimas/dashboard`: the one adapter that `src` asks for, by its public name and only when a page is
 * wanted. What it is given and gives is said here, so that nothing above depends on it.
 */
import type { TraceSource } from "./trace.ts";

/** How a run is shown on a page. */
export interface PageOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /**
   * Interface; default 127.0.0.1. On another one, whoever has the address with its token sees the run and, unless it is
   * `readOnly`, holds it.
   */
  readonly host?: string;
  /** More names by which the page is reached, as `grid-lab.example`, if `host` is another interface. */
  readonly allowedHosts?: readonly string[];
  /** The page may look, and hold nothing. Default false. */
  readonly readOnly?: boolean;
  /** Hold the run after its first step, until a page says run. Default false. */
  readonly paused?: boolean;
  /** What stands at the top of the page. */
  readonly title?: string;
}

/** The page of a run. Whoever opened it closes it; the run goes on without. */
export interface RunPage {
  /** Where to look, with the token that lets in: `http://127.0.0.1:41234/#t=…`. */
  readonly url: string;
  readonly port: number;
  /** Pages that are open. */
  readonly pages: number;
  /** Close the page and every connection; a run that it holds goes on. */
  close(): Promise<void>;
}

/** The adapter, loaded when it is needed. */
export function dashboard() {
  return import("cosimas/dashboard");
}

/**
 * Show the run of `source` on a page, and let the page hold it. Neither the run nor its trace hash nor a recording changes.
 *
 * @throws ChannelError `ERR_CHANNEL_CONNECT` if the port is taken; ScenarioError `ERR_PAGE_ASSETS` if the page was not built.
 */
export async function openPage(source: TraceSource, options: PageOptions = {}): Promise<RunPage> {
  return (await dashboard()).watchRun(source, options);
}
