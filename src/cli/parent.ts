/** Wall time between two looks, in milliseconds. */
const LOOK_MS = 250;

/**
 * Call `gone` once the process that started this one has ended: a signal that was meant for both may have reached only
 * that one, as `npx` and the shell that it starts do not pass SIGTERM on. Keeps no process alive.
 */
export function watchParent(gone: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    gone();
  }, LOOK_MS);
  timer.unref();
}
