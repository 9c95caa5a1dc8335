/**
 * Processes that this one has started: none of them is left when it ends, be it by its own end, by an error, or by a signal
 * that it does not handle. (By SIGKILL it cannot do anything: ours end when their connection does.)
 */

/** What there has to be of a process. */
export interface Child {
  kill(signal: "SIGKILL"): unknown;
}

/** Signals that end a program which does not listen to them. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Marks our listeners; registered, because two copies of this package may meet in one program. */
const OURS = Symbol.for("cosimas.children");

const children = new Set<Child>();

function killAll(): void {
  for (const child of children) child.kill("SIGKILL");
}

/** Listeners of the program's own decide what a signal does; if there are none, it ends the program as it always does. */
const onSignal = Object.assign(
  (signal: NodeJS.Signals): void => {
    if (process.listeners(signal).some((listener) => !(OURS in listener))) return;
    killAll();
    process.removeListener(signal, onSignal);
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  },
  { [OURS]: true },
);

/**
 * See to it that `child` does not outlive this process.
 *
 * @returns To be called once it has ended.
 */
export function endWithUs(child: Child): () => void {
  if (children.size === 0) {
    process.on("exit", killAll);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  children.add(child);
  return () => {
    if (!children.delete(child) || children.size > 0) return;
    process.off("exit", killAll);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}
