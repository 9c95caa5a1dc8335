/**
 * Promises that agent code let reject without handling them.
 *
 * Node reports them for the process as a whole. While containers advance, such a rejection belongs to one of them: to
 * the one that owns the error if that is known, otherwise to all that advance.
 */

/** Takes a rejection that nobody handled; `owner` is what was passed to {@link ownRejection}. */
export type RejectionSink = (reason: unknown, owner: unknown) => void;

const sinks = new Set<RejectionSink>();
const owners = new WeakMap<object, { readonly sink: RejectionSink; readonly owner: unknown }>();

const expected = new WeakSet<object>();

function onUnhandled(reason: unknown): void {
  const error = typeof reason === "object" && reason !== null ? reason : undefined;
  if (error !== undefined && expected.has(error)) return;
  const known = error && owners.get(error);
  if (known !== undefined && sinks.has(known.sink)) known.sink(reason, known.owner);
  else for (const sink of sinks) sink(reason, undefined);
}

/**
 * Take unhandled rejections from now on.
 *
 * @returns Ends it.
 */
export function watchRejections(sink: RejectionSink): () => void {
  if (sinks.size === 0) process.on("unhandledRejection", onUnhandled);
  sinks.add(sink);
  return () => {
    sinks.delete(sink);
    if (sinks.size === 0) process.off("unhandledRejection", onUnhandled);
  };
}

/** Nobody has to handle this error: it ends the waits of an agent that is no more. Gives it back. */
export function expectRejection<E extends Error>(error: E): E {
  expected.add(error);
  return error;
}

/** Remember whose error this is, in case that nobody handles it. */
export function ownRejection(error: object, sink: RejectionSink, owner: unknown): void {
  owners.set(error, { sink, owner });
}
