/** Let the event loop turn before `next` is called. */
export function turn(next: () => void): void {
  setImmediate(next);
}
