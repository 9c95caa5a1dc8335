/** Keyword arguments of a call, for Python peers; see {@link kwargs}. */
export class Kwargs {
  readonly values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values;
  }
}

/**
 * Keyword arguments for a Python peer, as the last argument of a call: `remote.add(3, kwargs({ b: 4 }))` is
 * `add(3, b=4)` there.
 */
export function kwargs(values: Readonly<Record<string, unknown>>): Kwargs {
  return new Kwargs(values);
}

const NONE: Readonly<Record<string, unknown>> = Object.freeze({});

/** The content of a request: path, positional and keyword arguments. */
export function callContent(path: string, args: readonly unknown[]): readonly unknown[] {
  const last = args[args.length - 1];
  return last instanceof Kwargs ? [path, args.slice(0, -1), last.values] : [path, args, NONE];
}
