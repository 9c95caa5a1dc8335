/** Outputs of one step, read without an object of them: a value for each that is connected, in the order of the plan. */
export class PlacedOutputs {
  readonly values: readonly unknown[];
  /** The same as Python has them, with a `WholeFloat` for `1.0`; undefined if there is no difference. */
  readonly exact: readonly unknown[] | undefined;

  constructor(values: readonly unknown[], exact?: readonly unknown[]) {
    this.values = values;
    this.exact = exact;
  }
}
