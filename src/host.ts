/**
 * What the engine needs of the program that it runs in, besides `wall.ts`: the only file below the layers of connections
 * and files that imports `node:` modules or uses Node's globals. A page has `host.browser.ts`, with the same names, in its
 * place.
 */
export { AsyncLocalStorage, createHook } from "node:async_hooks";
export { Buffer, isUtf8 } from "node:buffer";

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

export { isDeepStrictEqual, types } from "node:util";

/** URL of a module; a path is from the present folder. */
export function urlOfModule(module: URL | string): string {
  if (module instanceof URL) return module.href;
  return module.startsWith("file:") ? module : pathToFileURL(resolve(module)).href;
}

/** Load a module that the user names, as `new URL("./agents.ts", import.meta.url)`, and give what it exports. */
export async function exportsOf(module: URL | string): Promise<Readonly<Record<string, unknown>>> {
  return (await import(urlOfModule(module))) as Record<string, unknown>;
}

/** Tell the user of something that is no error, once, on standard error. */
export function warn(text: string, code: string): void {
  process.emitWarning(text, { type: "CosimasWarning", code });
}

type Tick = (callback: (...args: unknown[]) => void, ...args: unknown[]) => void;

/** Run `callback` once the microtasks that are queued, and those that they queue, have run. */
export const nextTick: Tick = process.nextTick;

/** Let `intercept` see the ticks that the program queues; undefined: nobody. */
export function interceptTicks(intercept: Tick | undefined): void {
  process.nextTick = intercept ?? nextTick;
}

/** Run `next` after the event loop has looked at its sockets and timers. */
export function onTurn(next: () => void): void {
  setImmediate(next);
}

/**
 * Take the promises of the process that were rejected and that nobody has handled at the end of a turn.
 *
 * @returns Ends it.
 */
export function onUnhandledRejection(take: (reason: unknown) => void): () => void {
  process.on("unhandledRejection", take);
  return () => void process.off("unhandledRejection", take);
}

let isSilent: ((reason: unknown) => boolean) | undefined;

/**
 * Let rejections for which `silent` holds end without a word, whether somebody listens to rejections or not. Others take
 * the way that they took before. It stands until the process ends: such a promise may be rejected at any later time.
 */
export function silenceRejections(silent: (reason: unknown) => boolean): void {
  if (isSilent === undefined) {
    // A listener would do, if it did not keep Node from ending the process for all other rejections.
    const emit = process.emit as (this: NodeJS.Process, name: string | symbol, ...args: unknown[]) => boolean;
    const own: typeof emit = function (name, ...args) {
      return (name === "unhandledRejection" && isSilent!(args[0])) || emit.call(this, name, ...args);
    };
    process.emit = own as typeof process.emit;
  }
  isSilent = silent;
}

/** Functions of this host, and no other, that tell the wall's time: owner, key, full name. */
export const HOST_CLOCKS: readonly (readonly [owner: object, key: string, name: string])[] = [
  [process.hrtime, "bigint", "process.hrtime.bigint"],
  [process, "hrtime", "process.hrtime"],
  [process, "uptime", "process.uptime"],
];
