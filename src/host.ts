/**
 * What the engine needs of the program that it runs in, besides `wall.ts`: the only file below the layers of connections
 * and files that imports `node:` modules. A page has another file of these names in its place.
 */
export { AsyncLocalStorage, createHook } from "node:async_hooks";
export { Buffer, isUtf8 } from "node:buffer";
export { isDeepStrictEqual, types } from "node:util";

/** Tell the user of something that is no error, once, on standard error. */
export function warn(text: string, code: string): void {
  process.emitWarning(text, { type: "CosimasWarning", code });
}
