import { type Server, Socket } from "node:net";
import { Reading } from "./stream.ts";

/** Of a socket that a server has accepted, what Node's own modules use and its documentation does not name. */
interface Accepted {
  _handle?: { useUserBuffer?: unknown } | null;
  /** Counts it, and is closed when all are. */
  _server?: Server | null;
}

/**
 * An accepted socket that reads into the thread's one buffer, as one that connects does: Node offers `onread` for that one
 * alone, and allocates 64 KiB for each read of the others, a seventh of the CPU time that a message to a process and its
 * answer take.
 *
 * @param accepted - Of a server with `pauseOnConnect`, in the turn in which it was accepted; not to be used any more.
 * @returns The socket in its place, and what it reads by; the same socket and undefined where Node is made otherwise. Both
 *   are paused.
 */
export function readingSocket(accepted: Socket): readonly [Socket, Reading | undefined] {
  const inner = accepted as unknown as Accepted;
  const { _handle: handle, _server: server } = inner;
  if (typeof handle?.useUserBuffer !== "function" || typeof server !== "object" || server === null) {
    return [accepted, undefined];
  }
  const reading = new Reading();
  const options = { handle, onread: reading.onread, pauseOnCreate: true };
  const socket = new Socket(options as ConstructorParameters<typeof Socket>[0]);
  (socket as unknown as Accepted)._server = server;
  inner._handle = null;
  inner._server = null;
  return [socket, reading];
}
