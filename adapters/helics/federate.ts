import { after, type Log, printedLine } from "../../src/cosim/index.ts";
import { brokerRemedy, brokerText, checkCoreType, coreBytesMax } from "./core-type.ts";
import { HelicsError, helicsError } from "./errors.ts";
import {
  brokerSilenceOf,
  checkFederateOptions,
  configurationOf,
  type FederateOptions,
  type Interfaces,
  onOneProcessor,
  queryTimeoutOf,
} from "./federate-options.ts";
import { FederateProcess } from "./federate-process.ts";
import { type HelicsHost, HostFailure } from "./helics-host.ts";
import { InlineHost } from "./inline-host.ts";
import { unlessAborted } from "./interruption.ts";
import { findLibrary } from "./library.ts";
import { brokerSilent } from "./process/broker-watch.ts";
import { type FederationMap, gathered, readFederationMap, waitsFor } from "./process/federation-map.ts";
import {
  type FederateOutput,
  type FederateRequest,
  type Grant,
  type InputInfo,
  type Iteration,
  type LibraryInfo,
  type NativeFailure,
  PROGRAM_ENDED,
} from "./process/protocol.ts";
import { waitFor } from "./process/wait-note.ts";
import { WaitWatch } from "./wait-watch.ts";

/** Oldest HELICS whose interface this adapter knows. */
const VERSION_MIN = [3, 4] as const;

/** Wall time for HELICS to answer a question about a wait, in milliseconds. */
const ANSWER_MS = 1000;

/** Wall time of a wait after which it is told, and after which it is ended, in milliseconds. */
const WARN_MS = 4000;
const WAIT_MS = 600_000;

/** Wall time to leave a federation, in milliseconds. */
const LEAVE_MS = 3000;

/** Wall time for HELICS to end a wait whose federation was aborted, and for the others to hear of a failure, in milliseconds. */
const ABORTED_MS = 2000;
const FAREWELL_MS = 300;

/** HELICS' code of a failure of a user's own. */
const USER_EXCEPTION = -29;

const LATE_REMEDY = "look at the log of what it waits for; waitMs is the option for a longer wait";

const NOTHING: FederateOutput = { publish: [], send: [] };

/** A federate of a HELICS federation, whose HELICS is where the option `helicsIsolation` says. It has to be ended by `leave` or `fail`, on every path. */
export class Federate {
  readonly name: string;
  readonly #options: FederateOptions;
  readonly #log: Log;
  readonly #host: HelicsHost;
  /** Looks after waits that do not block this thread. */
  readonly #waits: WaitWatch | undefined;
  /** Ids and names in the federation, as soon as they are known. */
  #map: FederationMap = new Map();
  #timeS: number | undefined;
  #ended = false;
  /** The wait in HELICS that began last, if it does not block this thread. Never rejected. */
  #waited: Promise<unknown> = Promise.resolve();
  readonly #onAbort = (): void => this.#waits?.fail(this.#options.signal!.reason);

  private constructor(name: string, options: FederateOptions) {
    this.name = name;
    this.#options = options;
    this.#log = options.log ?? (() => {});
    options.signal?.addEventListener("abort", this.#onAbort);
    if (options.helicsIsolation === "inline") {
      const { waitWarnMs: warnMs = WARN_MS, waitMs: lateMs = WAIT_MS } = options;
      this.#host = new InlineHost({ name, warnMs, lateMs, leaveMs: LEAVE_MS, log: this.#log });
    } else {
      const process = new FederateProcess((line) => printedLine(line, `HELICS, federate "${name}"`, this.#log));
      this.#waits = this.#watched(process);
      this.#host = process;
    }
  }

  /**
   * Join a federation: connect to the broker and register the interfaces.
   *
   * @throws {@link HelicsError} `ERR_HELICS_LIBRARY`, `_KOFFI`, `_VERSION`, `_CORE_TYPE`, `_BROKER`, `_NAME`, `_INTERFACE`,
   *   `_CONFIGURATION`; TypeError and RangeError for options; the reason of a signal that is aborted; nothing is left then.
   */
  static async join(name: string, options: FederateOptions, interfaces: Interfaces): Promise<Federate> {
    const checked = checkFederateOptions({ ...options, name });
    const library = await findLibrary(options.library);
    const federate = new Federate(name, checked);
    try {
      await unlessAborted(options.signal, () => federate.#open(library, interfaces));
    } catch (error) {
      if (options.signal?.aborted) await federate.endFor(error);
      else await federate.#close();
      throw error;
    }
    return federate;
  }

  async #open(library: string, { publications, inputs, endpoints }: Interfaces): Promise<void> {
    const { connectTimeoutMs = 4000 } = this.#options;
    const { version, coreTypes } = await this.#request<LibraryInfo>({ op: "library", library });
    checkVersion(version, this.name);
    checkCoreType(this.name, this.#options, coreTypes);
    const configuration = configurationOf(this.name, this.#options, { publications, inputs, endpoints });
    const names = endpoints.map((endpoint) => endpoint.name);
    const late = async () => {
      const text = `there is no answer from ${this.#broker} within ${connectTimeoutMs} ms`;
      throw this.#error("ERR_HELICS_BROKER", text, brokerRemedy(this.#options));
    };
    const keys = { publications, inputs, endpoints: names };
    const core = {
      oneProcessor: onOneProcessor(this.#options),
      coreBytesMax: coreBytesMax(this.#options),
      brokerSilenceMs: brokerSilenceOf(this.#options),
    };
    const open = { op: "open", library, configuration, ...core, ...keys } as const;
    await this.#bounded(this.#request(open), connectTimeoutMs, late);
    const theirs = await this.#request<string>({ op: "query", target: "root", query: "version" });
    const silenceMs = core.brokerSilenceMs;
    if (silenceMs !== undefined && isUnanswered(theirs)) {
      throw this.#native({ function: "helicsQueryExecute", code: 0, message: brokerSilent(queryTimeoutOf(silenceMs)) });
    }
    checkSameVersion(version, theirs, this.name, this.#broker);
  }

  /** Time granted last, in seconds. */
  get timeS(): number | undefined {
    return this.#timeS;
  }

  /** Wait until all have registered their interfaces; gives what the inputs are connected to. */
  async initialize(): Promise<readonly InputInfo[]> {
    const infos = await this.#wait<readonly InputInfo[]>({ op: "initialize" });
    this.#map = readFederationMap(await this.#request<string>({ op: "query", target: "root", query: "federate_map" }));
    if (this.#host instanceof InlineHost) this.#host.know(this.#map);
    return infos;
  }

  /** Go over to time 0; what is put out is there for the others when they do. */
  async execute(outgoing: FederateOutput = NOTHING, iterate: Iteration = "none"): Promise<Grant> {
    return this.#granted(await this.#wait<Grant>({ op: "execute", iterate, ...outgoing }));
  }

  /** Put out what there is, then ask for a time; gives the time granted and what has come. */
  async requestTime(timeS: number, outgoing: FederateOutput = NOTHING, iterate: Iteration = "none"): Promise<Grant> {
    this.#options.signal?.throwIfAborted();
    const { publish, send } = outgoing;
    const request = { op: "time", timeS, iterate, publish, send } as const;
    let now: Grant | undefined;
    try {
      now = this.#host.requestNow?.<Grant>(request);
    } catch (error) {
      throw this.#failureOf(error);
    }
    return this.#granted(now ?? (await this.#wait<Grant>(request)));
  }

  /** Put out what there is, at the time granted last. */
  async putOut(outgoing: FederateOutput): Promise<void> {
    await this.#request({ op: "put", ...outgoing });
  }

  /** Ask HELICS about the federation; see "Queries" in HELICS' guide. */
  query(target: string, query: string): Promise<string> {
    return this.#request<string>({ op: "query", target, query });
  }

  /** End this federate's part; the others go on. Never rejected; may be called twice. */
  async leave(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#waits?.close();
    const left = this.#host.busy ? Promise.resolve() : this.#host.request({ op: "disconnect" });
    await this.#bounded(left, LEAVE_MS, async () => {}).catch(() => {});
    await this.#close();
  }

  /** End the whole federation, because of `reason`; all others get an error with it. Never rejected. */
  async fail(reason: string): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#waits?.close();
    const message = `federate "${this.name}": ${reason}`;
    let told = this.#waited;
    if (this.#host.busy) this.#host.abort(USER_EXCEPTION, message);
    else told = this.#host.request({ op: "fail", code: USER_EXCEPTION, message });
    await this.#bounded(told, ABORTED_MS, async () => {}).catch(() => {});
    await new Promise<void>((resolve) => after(FAREWELL_MS, resolve));
    await this.#close();
  }

  /**
   * End this federate's part because of an error. What HELICS itself has told us is known to all; what our agents did is not,
   * nor that the run was interrupted. Never rejected. @internal
   */
  async endFor(error: unknown): Promise<void> {
    // A value that an agent gives or cannot read is ours to tell; that of a type which does not fit, HELICS has told.
    const isOurs = error instanceof HelicsError && error.code === "ERR_HELICS_TYPE" && error.function === undefined;
    if (error instanceof HelicsError && !isOurs) return this.leave();
    return this.fail(this.#options.signal?.aborted ? PROGRAM_ENDED : (error as Error).message);
  }

  #close(): Promise<void> {
    this.#waits?.close();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    return this.#host.end();
  }

  #granted(grant: Grant): Grant {
    this.#timeS = grant.timeS;
    this.#log("trace", () => {
      const { timeS, iterating, inputs, messages } = grant;
      const repeated = iterating ? " once more" : "";
      return `federate "${this.name}" was granted ${timeS} s${repeated}: ${inputs.length} values, ${messages.length} messages`;
    });
    return grant;
  }

  get #broker(): string {
    return brokerText(this.#options);
  }

  /** A request that waits for other federates: the log says for whom, and it has an end. */
  async #wait<T>(request: FederateRequest): Promise<T> {
    this.#options.signal?.throwIfAborted();
    if (this.#waits === undefined) return this.#request<T>(request);
    return new Promise<T>((resolve, reject) => {
      this.#waits!.begin(() => waitFor(request.op, request.op === "time" ? request.timeS : 0), reject);
      this.#waited = this.#host.request<T>(request).then(
        (value) => {
          this.#waits!.end();
          resolve(value);
        },
        (error: unknown) => {
          this.#waits!.end();
          reject(this.#failureOf(error));
        },
      );
    });
  }

  #watched(process: FederateProcess): WaitWatch {
    const { waitWarnMs = WARN_MS, waitMs = WAIT_MS } = this.#options;
    return new WaitWatch(
      { warnMs: waitWarnMs, lateMs: waitMs },
      {
        warn: (what) => void this.#warn(process, what, waitWarnMs),
        late: (what, fail) => void this.#late(process, what, waitMs).then(fail),
      },
    );
  }

  async #late(process: FederateProcess, what: string, afterMs: number): Promise<HelicsError> {
    const whom = await this.#waitsFor(process);
    return this.#error("ERR_HELICS_TIMEOUT", `${what} took more than ${afterMs} ms${whom}`, LATE_REMEDY);
  }

  async #warn(process: FederateProcess, what: string, afterMs: number): Promise<void> {
    const whom = await this.#waitsFor(process);
    if (!process.busy) return;
    const at = this.#timeS === undefined ? "its start" : `${this.#timeS} s`;
    this.#log("warning", `federate "${this.name}" at ${at}: ${what} takes more than ${afterMs} ms${whom}`);
  }

  /** Whom a grant waits for, as the end of a sentence. */
  async #waitsFor(process: FederateProcess): Promise<string> {
    const late = new Promise<undefined>((resolve) => after(ANSWER_MS, () => resolve(undefined)));
    // Before all have come there is nobody whose time is waited for, and no map.
    const isEarly = this.#map.size === 0;
    const [target, query] = isEarly ? ["root", "federates"] : [this.name, "global_time_debugging"];
    const answer = await process.ask(target!, query!, late);
    if (answer === undefined) return ": HELICS itself does not answer";
    return isEarly ? gathered(answer) : waitsFor(answer, this.#map);
  }

  async #bounded<T>(work: Promise<T>, timeoutMs: number, late: () => Promise<T>): Promise<T> {
    let cancel = (): void => {};
    const expired = new Promise<"late">((resolve) => {
      cancel = after(timeoutMs, () => resolve("late"));
    });
    work.catch(() => {}); // it may fail after its time
    try {
      const first = await Promise.race([work, expired]);
      return first === "late" ? await late() : (first as T);
    } finally {
      cancel();
    }
  }

  async #request<T>(request: FederateRequest): Promise<T> {
    try {
      return await this.#host.request<T>(request);
    } catch (error) {
      throw this.#failureOf(error);
    }
  }

  #failureOf(error: unknown): unknown {
    if (!(error instanceof HostFailure)) return error;
    const { failure, kind } = error;
    if (kind === "lost") return this.#error("ERR_HELICS_PROCESS", failure.message, "look at the log of HELICS");
    if (kind === "late") return this.#error("ERR_HELICS_TIMEOUT", failure.message, LATE_REMEDY);
    return this.#native({ ...failure, message: this.#named(failure.message) });
  }

  #native(failure: NativeFailure): HelicsError {
    const where = { broker: this.#broker, brokerRemedy: brokerRemedy(this.#options) };
    return helicsError(failure, { federate: this.name, timeS: this.#timeS, ...where });
  }

  /** HELICS names by number what it has lost. */
  #named(message: string): string {
    return message.replace(/\b\d{6,10}\b/g, (id) => {
      const name = this.#map.get(Number(id));
      return name === undefined ? id : `${id} (${name})`;
    });
  }

  #error(code: string, message: string, remedy: string): HelicsError {
    return new HelicsError(code, message, { federate: this.name, timeS: this.#timeS, remedy });
  }
}

function checkVersion(version: string, federate: string): void {
  const [major = 0, minor = 0] = numbersOf(version);
  if (major === VERSION_MIN[0] && minor >= VERSION_MIN[1]) return;
  const remedy = `HELICS ${VERSION_MIN.join(".")} or newer of version ${VERSION_MIN[0]} is needed: run \`pip install helics\``;
  throw new HelicsError("ERR_HELICS_VERSION", `the library is HELICS ${version}`, { federate, remedy });
}

/** Whether a query has ended by the core's `--querytimeout`. */
function isUnanswered(answer: string): boolean {
  return answer.includes('"query timeout"');
}

/** The network protocol holds within one minor version only. Source: HELICS' guide, "Versions". */
function checkSameVersion(own: string, theirs: string, federate: string, broker: string): void {
  const [major, minor] = numbersOf(own);
  const [otherMajor, otherMinor] = numbersOf(theirs);
  if (otherMajor === undefined || (major === otherMajor && minor === otherMinor)) return;
  const remedy = "install one minor version of HELICS for all federates and brokers of a federation";
  const text = `the library is HELICS ${own}, ${broker} is HELICS ${theirs.trim()}`;
  throw new HelicsError("ERR_HELICS_VERSION", text, { federate, remedy });
}

function numbersOf(version: string): number[] {
  return (/(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
}
