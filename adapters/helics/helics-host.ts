import type { FederateRequest, NativeFailure } from "./process/protocol.ts";

/** Where HELICS is called for one federate. It takes one request at a time. */
export interface HelicsHost {
  /** Whether a request is under way. */
  readonly busy: boolean;
  /** Make a request; rejected with a {@link HostFailure}. */
  request<T>(request: FederateRequest): Promise<T>;
  /**
   * Make a request at once, in this thread, as each step makes one; undefined if it is to be made by {@link request}.
   *
   * @throws {@link HostFailure}
   */
  requestNow?<T>(request: FederateRequest): T | undefined;
  /** End the federation for all that this host knows, beside a request that is under way. */
  abort(code: number, message: string): void;
  /** Nothing more is asked; what is under way is rejected. Never rejected. */
  end(): Promise<void>;
}

/** HELICS has refused a request, or where it was called is gone. */
export class HostFailure extends Error {
  readonly failure: NativeFailure;
  /** `lost`: the process that held HELICS is gone; `late`: the wait was ended, because it took too long. */
  readonly kind: "refused" | "lost" | "late";

  constructor(failure: NativeFailure, kind: "refused" | "lost" | "late" = "refused") {
    super(failure.message);
    this.failure = failure;
    this.kind = kind;
  }
}

/** Whether the programs beside this one are TypeScript. */
export const TYPESCRIPT = import.meta.url.endsWith(".ts");

/** Where the programs of `process` are: as a built file this one may be a chunk beside those of `src/platform`. */
const PROGRAMS = import.meta.url.replace(/\/(?:adapters\/helics|src\/platform)\/[^/]*$/, "/adapters/helics/process/");

/** A program of `process`, by its name without `.ts`. */
export function programUrl(name: string): URL {
  return new URL(`${name}.${TYPESCRIPT ? "ts" : "js"}`, PROGRAMS);
}

/** What a program starts from. */
export const BOOT_URL = new URL("boot.js", PROGRAMS);

/** Whether a program has to register a loader of TypeScript first. */
export function needsLoader(): boolean {
  const native = (process.features as { typescript?: unknown }).typescript;
  return TYPESCRIPT && !native;
}
