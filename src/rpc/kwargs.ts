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

/** Positional and keyword arguments of a call. */
export function splitArguments(args: readonly unknown[]): [readonly unknown[], Readonly<Record<string, unknown>>] {
  const last = args.at(-1);
  return last instanceof Kwargs ? [args.slice(0, -1), last.values] : [args, {}];
}
