import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Handle, type Helics, loadHelics } from "./binding.ts";
import { NativeError } from "./native.ts";
import type {
  FederateOutput,
  FederateRequest,
  Grant,
  IncomingMessage,
  InputInfo,
  InterfaceKey,
  Iteration,
  LibraryInfo,
  OpenRequest,
  ValueTypeName,
} from "./protocol.ts";
import { checkSizes } from "./size-bound.ts";
import { publish, read } from "./values.ts";

/** Source: HELICS `HelicsIterationRequest`, `HelicsIterationResult`, `HelicsFederateState`. */
const ITERATION: Readonly<Record<Iteration, number>> = { none: 0, force: 1, ifNeeded: 2 };
const ITERATING = 3;
const FAILED = 1;
const STATE_FINISHED = [3, 10];

/** Greatest time of HELICS, in seconds: who is granted it, has nothing left to wait for. */
const TIME_MAX_S = 9_223_372_036;

const CORE_TYPES = ["zmq", "zmqss", "tcp", "tcpss", "udp", "ipc", "inproc", "mpi", "test"];

/** Versions that read a configuration from a text; those before take its options of the core for a command line. */
const READS_TEXT = /^3\.([6-9]|\d\d)/;

/** Wall time for a core to say goodbye to its broker, in milliseconds. */
const GOODBYE_MS = 2000;

/** An interface and its pointer. */
interface Registered {
  readonly handle: Handle;
  type: InterfaceKey["type"];
}

/** Types of publications whose values are no text. Source: HELICS 3.6.1, as `helicsInputGetPublicationType` names them. */
const READ_AS: Readonly<Record<string, ValueTypeName>> = {
  double: "double",
  int64: "integer",
  bool: "boolean",
  double_vector: "vector",
  complex: "complex",
  raw: "bytes",
  json: "json",
};

/** One federate of HELICS. Every call returns when HELICS does. */
export class Session {
  #helics: Helics | undefined;
  #fed: Handle = 0n;
  #core: Handle = 0n;
  #publications: readonly Registered[] = [];
  #inputs: readonly Registered[] = [];
  #endpoints: readonly Handle[] = [];
  /** Refuses what the core cannot carry, if it has a bound. */
  #checkSizes: ((output: FederateOutput) => void) | undefined;
  readonly #isForHelics: boolean;
  /** Told when there is a core that another thread may ask or abort. */
  onCore = (_library: string, _core: Handle): void => {};

  /** @param isForHelics - The thread does nothing but call HELICS: it stays on the processor of HELICS' threads, if they stay on one. */
  constructor({ isForHelics = false } = {}) {
    this.#isForHelics = isForHelics;
  }

  /** Load the library that a request names; every other function needs it. */
  async load(library: string): Promise<void> {
    this.#helics ??= await loadHelics(library);
  }

  /** Carry out a request; throws a `NativeError` if HELICS refuses. */
  carryOut(request: FederateRequest): unknown {
    switch (request.op) {
      case "library":
        return this.#info();
      case "open":
        this.#open(request);
        return this.#info();
      case "initialize":
        this.#api.enterInitializingMode(this.#fed);
        return this.#inputs.map((input): InputInfo => this.#infoOf(input));
      case "execute":
        return this.#execute(request);
      case "time":
        return this.#requestTime(request);
      case "put":
        this.#putOut(request);
        return undefined;
      case "query":
        return this.#query(request.target, request.query);
      case "fail":
        this.#api.globalError(this.#fed, request.code, request.message);
        return undefined;
      case "disconnect":
        return this.#disconnect();
    }
  }

  get #api(): Helics {
    return this.#helics!;
  }

  #info(): LibraryInfo {
    const coreTypes = CORE_TYPES.filter((type) => this.#api.isCoreTypeAvailable(type) !== 0);
    return { version: this.#api.getVersion(), coreTypes };
  }

  #open(request: OpenRequest): void {
    this.adopt(this.create(request), request);
  }

  /** Make a federate, and with it the threads of its core; returns once that has found the broker. */
  create({ configuration, oneProcessor }: Pick<OpenRequest, "configuration" | "oneProcessor">): Handle {
    const helics = this.#api;
    const release = oneProcessor ? helics.keepToProcessor() : () => {};
    try {
      const create = (given: string): Handle => helics.createFederate(given);
      return READS_TEXT.test(helics.getVersion()) ? create(configuration) : asFile(configuration, create);
    } finally {
      if (!this.#isForHelics) release();
    }
  }

  /** Take a federate that was made here, or in another thread of this process. */
  adopt(fed: Handle, request: OpenRequest): void {
    const { library, publications, inputs, endpoints, coreBytesMax: bound } = request;
    const helics = this.#api;
    if (bound !== undefined) this.#checkSizes = (output) => checkSizes(bound, output, request);
    this.#fed = fed;
    this.#core = helics.getCore(this.#fed);
    this.onCore(library, this.#core);
    this.#publications = publications.map(({ key, type }) => ({ type, handle: helics.getPublication(this.#fed, key) }));
    this.#inputs = inputs.map(({ key, type }) => ({ type, handle: helics.getInput(this.#fed, key) }));
    this.#endpoints = endpoints.map((name) => helics.getEndpoint(this.#fed, name));
  }

  #infoOf(input: Registered): InputInfo {
    const publicationType: string = this.#api.inputPublicationType(input.handle);
    if (input.type === "any") input.type = READ_AS[publicationType] ?? "string";
    return { publicationType, publicationUnits: this.#api.inputPublicationUnits(input.handle) };
  }

  #execute(request: { readonly iterate: Iteration } & FederateOutput): Grant {
    this.#putOut(request);
    const result: number = this.#api.enterExecutingMode(this.#fed, ITERATION[request.iterate]);
    if (result === FAILED) throw endedInStart("helicsFederateEnterExecutingModeIterative");
    return this.#granted(0, result === ITERATING);
  }

  #requestTime(request: { readonly timeS: number; readonly iterate: Iteration } & FederateOutput): Grant {
    this.#putOut(request);
    const { timeS, iterate } = request;
    if (iterate === "none") return this.#granted(this.#api.requestTime(this.#fed, timeS), false, timeS);
    const result = [0];
    const granted: number = this.#api.requestTimeIterative(this.#fed, timeS, ITERATION[iterate], result);
    return this.#granted(granted, result[0] === ITERATING);
  }

  #putOut(output: FederateOutput): void {
    this.#checkSizes?.(output);
    const { publish: values, send } = output;
    const helics = this.#api;
    // By index, since each program compiles this once more: V8 takes 1.5 ms for it, and 8 ms for loops over iterators.
    for (let i = 0; i < values.length; i++) {
      const { handle, type } = this.#publications[values[i]![0]]!;
      publish(helics, handle, type as ValueTypeName, values[i]![1]);
    }
    for (let i = 0; i < send.length; i++) {
      const { endpoint, to, data, timeS } = send[i]!;
      const bytes = typeof data === "string" ? Buffer.from(data) : data;
      const handle = this.#endpoints[endpoint]!;
      if (timeS === undefined) helics.sendBytesTo(handle, bytes, bytes.length, to);
      else helics.sendBytesToAt(handle, bytes, bytes.length, to, timeS);
    }
  }

  /** @param askedS - Time that was asked for: who is granted just that goes on, and its state need not be asked for. */
  #granted(timeS: number, iterating: boolean, askedS?: number): Grant {
    const helics = this.#api;
    const inputs: (readonly [number, unknown])[] = [];
    for (let number = 0; number < this.#inputs.length; number++) {
      const { handle, type } = this.#inputs[number]!;
      if (helics.inputIsUpdated(handle) !== 0) inputs.push([number, read(helics, handle, type as ValueTypeName)]);
    }
    const messages: IncomingMessage[] = [];
    for (let endpoint = 0; endpoint < this.#endpoints.length; endpoint++) {
      const handle = this.#endpoints[endpoint]!;
      for (let left: number = helics.pendingMessages(handle); left > 0; left--)
        messages.push(this.#take(endpoint, handle));
    }
    const halted = timeS >= TIME_MAX_S || (timeS !== askedS && STATE_FINISHED.includes(helics.getState(this.#fed)));
    return { timeS, iterating, halted, inputs, messages };
  }

  #take(endpoint: number, handle: Handle): IncomingMessage {
    const helics = this.#api;
    const message: Handle = helics.getMessage(handle);
    const data = helics.bytesAt(helics.messageBytes(message), helics.messageByteCount(message));
    const taken = { endpoint, source: helics.messageSource(message), timeS: helics.messageTime(message), data };
    helics.freeMessage(message);
    return taken;
  }

  #query(target: string, text: string): string {
    const query: Handle = this.#api.createQuery(target, text);
    try {
      return this.#api.queryFederate(query, this.#fed);
    } finally {
      this.#api.freeQuery(query);
    }
  }

  /** Others go on at once; the process may be killed as soon as this has returned. */
  #disconnect(): void {
    if (this.#fed === 0n) return;
    this.#api.disconnect(this.#fed);
    this.#api.waitForDisconnect(this.#core, GOODBYE_MS);
  }
}

/** HELICS tells the end of a federation during the start by a result alone; the reason is in what it prints. */
function endedInStart(name: string): NativeError {
  const message = "another federate has ended the federation while it started, for the reason that HELICS has printed";
  return new NativeError({ function: name, code: 0, message });
}

/** Use a text as a file. */
function asFile<T>(configuration: string, use: (file: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "cosimas-helics-"));
  try {
    const file = join(folder, "federate.json");
    writeFileSync(file, configuration);
    return use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
