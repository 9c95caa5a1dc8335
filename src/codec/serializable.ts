import type { ValueType } from "./types.ts";
import type { Value } from "./value.ts";

/** Names of the fields of `T` that a parameter of type `V` takes. */
type FieldOf<T, V> = { [K in keyof T & string]: T[K] extends V ? K : never }[keyof T & string];

/**
 * The type of a class whose instances are nothing but their fields: the counterpart of aiomas's `@serializable`, which
 * writes a map from the names of the constructor's parameters to the attributes of the same names.
 *
 * ```ts
 * class Point {
 *   readonly x: number;
 *   readonly y: number;
 *   constructor(x: number, y: number) { this.x = x; this.y = y; }
 * }
 * const types = [serializable(Point, ["x", "y"])];
 * ```
 *
 * What arrives has to have exactly these fields; of what kind they are is for the constructor to check, and what it
 * throws becomes `ERR_CODEC_TYPE`. An undefined field is written as null.
 *
 * @param fields - Names of the fields in the order of the constructor's parameters; for a Python peer those of its
 *   parameters.
 * @throws TypeError if a name comes twice.
 */
export function serializable<P extends unknown[], T extends object>(
  type: new (...args: P) => T,
  fields: { readonly [I in keyof P]: FieldOf<T, P[I]> },
): ValueType<T> {
  const names: readonly (keyof T & string)[] = [...fields];
  if (new Set(names).size !== names.length) throw new TypeError(`the fields of ${type.name} have a name twice`);
  return {
    // A registry never constructs: the parameters do not matter to it.
    type: type as unknown as ValueType<T>["type"],
    write(value: T): Record<string, unknown> {
      const repr: Record<string, unknown> = {};
      for (const name of names) repr[name] = value[name] ?? null;
      return repr;
    },
    read(repr: Value): T {
      const given = repr as Record<string, unknown>;
      const plain = typeof repr === "object" && repr !== null && Object.getPrototypeOf(repr) === Object.prototype;
      if (!plain || Object.keys(given).length !== names.length || !names.every((name) => Object.hasOwn(given, name))) {
        throw new TypeError(`it has to have exactly the fields ${names.join(", ")}`);
      }
      // Of what types they are is the peer's word; the constructor checks it.
      return new type(...(names.map((name) => given[name]) as P));
    },
  };
}
