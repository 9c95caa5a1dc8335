/**
 * `host.ts` for a page: what the engine needs of the browser. A bundler puts it in the place of `host.ts`, and no other
 * stand-in is needed.
 */
import { Buffer } from "buffer/";

export { Buffer };

/** Whether bytes are UTF-8. */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** A page has no modules but those in its bundle: what one would export, as a communication model, is given as an option there. */
export async function exportsOf(_module: URL | string): Promise<Readonly<Record<string, unknown>>> {
  return {};
}

/** Kinds of values, across realms where that is possible. */
export const types = {
  isUint8Array: (value: unknown): value is Uint8Array => value instanceof Uint8Array,
  isMap: (value: unknown): value is Map<unknown, unknown> => value instanceof Map,
  isProxy: (_value: unknown): boolean => false,
};

/** Whether two values of the simulation are alike; knows arrays, plain objects, maps and bytes. */
export function isDeepStrictEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Map) return isDeepStrictEqual([...a], [...(b as Map<unknown, unknown>)]);
  if (a instanceof Date) return a.getTime() === (b as Date).getTime();
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every(
      (key) =>
        Object.hasOwn(b, key) &&
        isDeepStrictEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  );
}

/**
 * A store for the length of a call. A page follows no promises: what is asked after the first wait is undefined, so that
 * an event that was emitted there names no cause.
 */
export class AsyncLocalStorage<T> {
  #store: T | undefined;

  getStore(): T | undefined {
    return this.#store;
  }

  run<R>(store: T, code: () => R): R {
    const outer = this.#store;
    this.#store = store;
    try {
      return code();
    } finally {
      this.#store = outer;
    }
  }
}

/** A page has no hooks of its asynchronous resources. */
export function createHook(_callbacks: object): { enable(): void; disable(): void } {
  return { enable() {}, disable() {} };
}

/** Tell the user of something that is no error, once, on the console. */
export function warn(text: string, code: string): void {
  // biome-ignore lint/suspicious/noConsole: a page has no other place for warnings
  console.warn(`${code}: ${text}`);
}

type Tick = (callback: (...args: unknown[]) => void, ...args: unknown[]) => void;

/** A page's port; outside a page, as in a test on Node, an open one keeps the process alive unless it is let go. */
interface Port {
  onmessage: (() => void) | null;
  postMessage(message: unknown): void;
  ref?(): void;
  unref?(): void;
}

/** Calls that wait for their turn, in order. */
let waiting: (() => void)[] = [];
const { port1, port2 } = new MessageChannel() as unknown as { readonly port1: Port; readonly port2: Port };

port1.onmessage = () => {
  const now = waiting;
  waiting = [];
  for (const [i, call] of now.entries()) {
    // Each call has a task of its own, so that its microtasks run before the next one.
    if (i === 0) call();
    else inTurn(call);
  }
  if (waiting.length === 0) keepAlive(false);
};
keepAlive(false);

function keepAlive(alive: boolean): void {
  if (alive) port1.ref?.();
  else port1.unref?.();
}

function inTurn(call: () => void): void {
  if (waiting.length === 0) {
    keepAlive(true);
    port2.postMessage(0);
  }
  waiting.push(call);
}

/** Run `callback` in a task of its own: then the microtasks that are queued, and those that they queue, have run. */
export const nextTick: Tick = (callback, ...args) => inTurn(() => callback(...args));

/** A page's program queues no ticks. */
export function interceptTicks(_intercept: Tick | undefined): void {}

/** Run `next` after the event loop has looked at what else waits. */
export function onTurn(next: () => void): void {
  setTimeout(next);
}

type RejectionListener = (event: { readonly reason: unknown; preventDefault(): void }) => void;

/** What a page has of events; absent outside it. */
const page = globalThis as unknown as {
  addEventListener?: (name: string, listener: RejectionListener, capture?: boolean) => void;
  removeEventListener?: (name: string, listener: RejectionListener) => void;
};

/**
 * Take the promises of the page that were rejected and that nobody has handled at the end of a turn.
 *
 * @returns Ends it.
 */
export function onUnhandledRejection(take: (reason: unknown) => void): () => void {
  const listener: RejectionListener = (event) => {
    event.preventDefault();
    take(event.reason);
  };
  page.addEventListener?.("unhandledrejection", listener);
  return () => page.removeEventListener?.("unhandledrejection", listener);
}

/** Let rejections for which `silent` holds end without a word. */
export function silenceRejections(silent: (reason: unknown) => boolean): void {
  const listener: RejectionListener = (event) => {
    if (silent(event.reason)) event.preventDefault();
  };
  page.addEventListener?.("unhandledrejection", listener, true);
}

/** Functions of this host, and no other, that tell the wall's time. */
export const HOST_CLOCKS: readonly (readonly [owner: object, key: string, name: string])[] = [];
