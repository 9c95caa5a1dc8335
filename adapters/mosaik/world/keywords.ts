/** Arguments by name, see {@link keywords}. */
export class Keywords {
  readonly values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values;
  }
}

/**
 * Arguments by name of an extra method, the last of its arguments: `sim.hello(1, keywords({ b: 3 }))` is `hello(1, b=3)` in
 * Python. A simulator in JavaScript gets them as an object.
 */
export function keywords(values: Readonly<Record<string, unknown>>): Keywords {
  return new Keywords(values);
}
