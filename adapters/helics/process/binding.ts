import { loadKoffi, type Native, NativeError, processorKeeper } from "./native.ts";

/** A handle of HELICS: a pointer. */
export type Handle = bigint;

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

/** HELICS' functions as this adapter uses them; those of {@link CHECKED} throw a {@link NativeError}. */
export type Helics = Readonly<Record<Name, Native>> & {
  /** A copy of `length` bytes at an address. */
  bytesAt(address: Handle, length: number): Uint8Array;
  /** Ask a core something while another thread waits in HELICS; rejected with a {@link NativeError}. */
  ask(core: Handle, target: string, query: string): Promise<string>;
  /** Let this thread, and those that it starts, stay on one processor, where the system can do so; gives what releases this thread. */
  keepToProcessor(): () => void;
};

/** 32-bit words of HELICS' error, aligned to 8 bytes: an `int32`, and from the third on a pointer to a text. */
const ERROR_WORDS = 4;
const MESSAGE_OFFSET = 8;

/**
 * Load HELICS by koffi.
 *
 * @param library - Path of `libhelics`.
 * @throws {@link NativeError} with function `koffi` or `load` and code 0.
 */
export async function loadHelics(library: string): Promise<Helics> {
  const koffi = await loadKoffi();
  const loading = <T>(part: () => T): T => {
    try {
      return part();
    } catch (error) {
      throw new NativeError({ function: "load", code: 0, message: (error as Error).message });
    }
  };
  const lib = loading(() => koffi.load(library));
  const declare = (signature: string): Native => loading(() => lib.func(signature) as unknown as Native);
  const functions: Record<string, Native> = {};
  for (const [name, signature] of Object.entries(PLAIN)) functions[name] = declare(`${signature})`);
  const failureIn = (own: string, told: Int32Array): NativeError => {
    const message = String(koffi.decode(told, MESSAGE_OFFSET, "const char *"));
    return new NativeError({ function: own, code: told[0]!, message });
  };
  // Not on V8's heap, where it might move: what HELICS is given is its address, which costs less than the array.
  const told = new Int32Array(new ArrayBuffer(ERROR_WORDS * Int32Array.BYTES_PER_ELEMENT));
  for (const [name, signature] of Object.entries(CHECKED)) {
    const call = declare(`${signature}, void *err)`);
    const own = /\b(helics\w+)\(/.exec(signature)![1]!;
    const refused = (): NativeError => {
      const failure = failureIn(own, told);
      told[0] = 0; // with an error in it HELICS does nothing at all
      return failure;
    };
    functions[name] = checked(call, signature.split(",").length, { told, address: koffi.address(told), refused });
  }
  const executeQuery = declare("const char *helicsQueryCoreExecute(void *query, void *core, void *err)") as unknown as {
    async: Native;
  };
  const ask: Helics["ask"] = async (core, target, text) => {
    const query: Handle = functions["createQuery"]!(target, text);
    const answered = new Int32Array(ERROR_WORDS);
    try {
      return await new Promise<string>((resolve, reject) => {
        executeQuery.async(query, core, answered, (_fault: unknown, answer: string) => {
          if (answered[0] === 0) resolve(answer);
          else reject(failureIn("helicsQueryCoreExecute", answered));
        });
      });
    } finally {
      functions["freeQuery"]!(query);
    }
  };
  const bytesAt = (address: Handle, length: number): Uint8Array =>
    length === 0 ? new Uint8Array() : new Uint8Array(koffi.view(address, length)).slice();
  return Object.assign(functions, { bytesAt, ask, keepToProcessor: await processorKeeper() }) as unknown as Helics;
}

/** Where HELICS tells its errors, and the error that it has told. */
interface ErrorPlace {
  readonly told: Int32Array;
  readonly address: bigint;
  refused(): NativeError;
}

/**
 * A function that throws what HELICS refuses. Those of one and two arguments, which each grant calls, are written out: to
 * pass on a list of arguments takes as long as two calls.
 */
function checked(call: Native, argumentCount: number, { told, address, refused }: ErrorPlace): Native {
  if (argumentCount === 1) {
    return (a) => {
      const result = call(a, address);
      if (told[0] !== 0) throw refused();
      return result;
    };
  }
  if (argumentCount === 2) {
    return (a, b) => {
      const result = call(a, b, address);
      if (told[0] !== 0) throw refused();
      return result;
    };
  }
  return (...args) => {
    const result = call(...args, address);
    if (told[0] !== 0) throw refused();
    return result;
  };
}
