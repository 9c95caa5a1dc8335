import type { ValueType } from "../../src/index.ts";

/** A value of a class of its own, that crosses by its registered type. */
export class Power {
  readonly kw: number;
  constructor(kw: number) {
    this.kw = kw;
  }
}

/** As modules of agents export them. */
export const types: readonly ValueType[] = [
  { type: Power, write: ({ kw }: Power) => kw, read: (kw: unknown) => new Power(kw as number) } as ValueType,
];
