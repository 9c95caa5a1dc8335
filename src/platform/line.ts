/** Does one thing after the other, in the order in which they come. */
export class Line {
  #last: Promise<unknown> = Promise.resolve();

  /** Do `work` once everything before it has ended; gives its outcome. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {}); // whoever asked for it is told
    return done;
  }
}
