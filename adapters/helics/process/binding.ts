import { isMainThread } from "node:worker_threads";
import type { NativeFailure } from "./protocol.ts";

/** A handle of HELICS: a pointer. */
export type Handle = bigint;

/** HELICS has refused something. */
export class NativeError extends Error {
  readonly failure: NativeFailure;

  constructor(failure: NativeFailure) {
    super(`${failure.function}: ${failure.message}`);
    this.failure = failure;
  }
}

/** Functions that report errors through their last argument; their C declarations without it. Source: `helics_api.h` 3.6. */
const CHECKED = {
  createFederate: "void *helicsCreateCombinationFederateFromConfig(const char *configuration",
  enterInitializingMode: "void helicsFederateEnterInitializingMode(void *fed",
  enterExecutingMode: "int helicsFederateEnterExecutingModeIterative(void *fed, int iterate",
  requestTime: "double helicsFederateRequestTime(void *fed, double t",
  requestTimeIterative: "double helicsFederateRequestTimeIterative(void *fed, double t, int iterate, _Out_ int *result",
  getState: "int helicsFederateGetState(void *fed",
  globalError: "void helicsFederateGlobalError(void *fed, int code, const char *text",
  disconnect: "void helicsFederateDisconnect(void *fed",
  getCore: "void *helicsFederateGetCore(void *fed",
  waitForDisconnect: "int helicsCoreWaitForDisconnect(void *core, int ms",
  getPublication: "void *helicsFederateGetPublication(void *fed, const char *key",
  getInput: "void *helicsFederateGetInput(void *fed, const char *key",
  getEndpoint: "void *helicsFederateGetEndpoint(void *fed, const char *name",
  publishDouble: "void helicsPublicationPublishDouble(void *pub, double value",
  publishInteger: "void helicsPublicationPublishInteger(void *pub, int64_t value",
  publishBoolean: "void helicsPublicationPublishBoolean(void *pub, int value",
  publishString: "void helicsPublicationPublishString(void *pub, const char *value",
  publishComplex: "void helicsPublicationPublishComplex(void *pub, double real, double imaginary",
  publishVector: "void helicsPublicationPublishVector(void *pub, const double *values, int length",
  publishBytes: "void helicsPublicationPublishBytes(void *pub, const void *data, int length",
  inputDouble: "double helicsInputGetDouble(void *input",
  inputInteger: "int64_t helicsInputGetInteger(void *input",
  inputBoolean: "int helicsInputGetBoolean(void *input",
  inputComplex: "void helicsInputGetComplex(void *input, _Out_ double *real, _Out_ double *imaginary",
  inputString: "void helicsInputGetString(void *input, void *text, int max, _Out_ int *length",
  inputVector: "void helicsInputGetVector(void *input, _Out_ double *values, int max, _Out_ int *length",
  inputBytes: "void helicsInputGetBytes(void *input, void *data, int max, _Out_ int *length",
  sendBytesTo: "void helicsEndpointSendBytesTo(void *endpoint, const void *data, int length, const char *to",
  sendBytesToAt:
    "void helicsEndpointSendBytesToAt(void *endpoint, const void *data, int length, const char *to, double t",
  queryFederate: "const char *helicsQueryExecute(void *query, void *fed",
  queryCore: "const char *helicsQueryCoreExecute(void *query, void *core",
} as const;

/** Functions that cannot fail. */
const PLAIN = {
  getVersion: "const char *helicsGetVersion(",
  isCoreTypeAvailable: "int helicsIsCoreTypeAvailable(const char *type",
  abort: "void helicsAbort(int code, const char *text",
  inputIsUpdated: "int helicsInputIsUpdated(void *input",
  inputStringSize: "int helicsInputGetStringSize(void *input",
  inputVectorSize: "int helicsInputGetVectorSize(void *input",
  inputByteCount: "int helicsInputGetByteCount(void *input",
  inputPublicationType: "const char *helicsInputGetPublicationType(void *input",
  inputPublicationUnits: "const char *helicsInputGetInjectionUnits(void *input",
  pendingMessages: "int helicsEndpointPendingMessageCount(void *endpoint",
  getMessage: "void *helicsEndpointGetMessage(void *endpoint",
  messageSource: "const char *helicsMessageGetOriginalSource(void *message",
  messageTime: "double helicsMessageGetTime(void *message",
  messageByteCount: "int helicsMessageGetByteCount(void *message",
  messageBytes: "void *helicsMessageGetBytesPointer(void *message",
  freeMessage: "void helicsMessageFree(void *message",
  createQuery: "void *helicsCreateQuery(const char *target, const char *query",
  freeQuery: "void helicsQueryFree(void *query",
} as const;

type Name = keyof typeof CHECKED | keyof typeof PLAIN;
// biome-ignore lint/suspicious/noExplicitAny: each is declared in C above
type Native = (...args: any[]) => any;

/** HELICS' functions as this adapter uses them; those of {@link CHECKED} throw a {@link NativeError}. */
export type Helics = Readonly<Record<Name, Native>> & {
  /** A copy of `length` bytes at an address. */
  bytesAt(address: Handle, length: number): Uint8Array;
  /** Call a function of {@link CHECKED} in a thread of libuv's pool; rejected with a {@link NativeError}. */
  later(name: keyof typeof CHECKED, ...args: unknown[]): Promise<unknown>;
};

/** 32-bit words of HELICS' error, aligned to 8 bytes: an `int32`, and from the third on a pointer to a text. */
const ERROR_WORDS = 4;
const MESSAGE_OFFSET = 8;

/**
 * Load HELICS, by koffi, which is loaded here and nowhere else.
 *
 * @param library - Path of `libhelics`.
 * @throws {@link NativeError} with function `koffi` or `load` and code 0.
 */
export async function loadHelics(library: string): Promise<Helics> {
  let koffi: typeof import("koffi");
  try {
    koffi = (await import("koffi")).default as unknown as typeof import("koffi");
  } catch (error) {
    throw new NativeError({ function: "koffi", code: 0, message: (error as Error).message });
  }
  let lib: ReturnType<typeof koffi.load>;
  try {
    lib = koffi.load(library);
  } catch (error) {
    throw new NativeError({ function: "load", code: 0, message: (error as Error).message });
  }
  const functions: Record<string, Native> = {};
  const error = new Int32Array(ERROR_WORDS);
  const declare = (signature: string): Native => {
    try {
      return lib.func(signature) as unknown as Native;
    } catch (cause) {
      throw new NativeError({ function: "load", code: 0, message: (cause as Error).message });
    }
  };
  for (const [name, signature] of Object.entries(PLAIN)) functions[name] = declare(`${signature})`);
  const failureIn = (own: string, told: Int32Array): NativeError => {
    const message = String(koffi.decode(told, MESSAGE_OFFSET, "const char *"));
    return new NativeError({ function: own, code: told[0]!, message });
  };
  const later: Record<string, (...args: unknown[]) => Promise<unknown>> = {};
  for (const [name, signature] of Object.entries(CHECKED)) {
    const call = declare(`${signature}, void *err)`);
    const own = /\b(helics\w+)\(/.exec(signature)![1]!;
    functions[name] = (...args: unknown[]) => {
      // With an error in it HELICS does nothing at all.
      error[0] = 0;
      const result = call(...args, error);
      if (error[0] === 0) return result;
      throw failureIn(own, error);
    };
    later[name] = (...args) => {
      const told = new Int32Array(ERROR_WORDS);
      return new Promise((resolve, reject) => {
        (call as unknown as { async: Native }).async(...args, told, (_fault: unknown, result: unknown) => {
          if (told[0] === 0) resolve(result);
          else reject(failureIn(own, told));
        });
      });
    };
  }
  const bytesAt = (address: Handle, length: number): Uint8Array =>
    length === 0 ? new Uint8Array() : new Uint8Array(koffi.view(address, length)).slice();
  const own = { bytesAt, later: (name: keyof typeof CHECKED, ...args: unknown[]) => later[name]!(...args) };
  return Object.assign(functions, own) as unknown as Helics;
}

/**
 * Let the end of the program, whenever and however it ends, be the last that runs of it, after what others do on `exit`:
 * threads of HELICS outlive what Node and the C library take down from then on, and crash (5 of 18 programs).
 */
export async function endWithoutHelics(): Promise<void> {
  if (endsAtOnce || !isMainThread) return;
  endsAtOnce = true;
  const koffi = (await import("koffi")).default as unknown as typeof import("koffi");
  let end: Native;
  try {
    end = koffi.load(null).func("void _exit(int code)") as unknown as Native;
  } catch {
    return; // Another C library: HELICS' own end is what there is.
  }
  const last = (code: number): void => {
    const all = process.listeners("exit");
    for (const listener of all.slice(all.indexOf(last) + 1)) listener.call(process, code);
    end(process.exitCode ?? code);
  };
  process.on("exit", last);
}
let endsAtOnce = false;
