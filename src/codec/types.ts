import { CosimError } from "../errors.ts";
import { Buffer } from "../host.ts";
import { Refusal, type Value } from "./value.ts";

/** The one key of an object that stands for an instance of a registered type. Source: aiomas `codecs.py`. */
export const TYPE_KEY = "__type__";

/** A class, whatever its constructor takes, and be it private. */
export interface ClassOf<T> {
  readonly name: string;
  readonly prototype: T;
}

/** A class whose instances may cross: how one becomes a value and a value becomes one. */
export interface ValueType<T extends object = object> {
  /** Its direct instances are written; those of subclasses are types of their own, as in aiomas. */
  readonly type: ClassOf<T>;

  /** Takes objects of other classes and functions too; asked in order of registration once no class fits exactly. */
  accepts?(value: object): boolean;

  /**
   * What stands for `value` on the wire: anything that may be sent, instances of registered types included.
   *
   * What it throws becomes `ERR_VALUE_SERIALIZER`, unless it is a CosimError.
   */
  write(value: T): unknown;

  /**
   * The instance that `repr` stands for. It comes from the peer: whatever it is, check it, and do no more work than it
   * is long.
   *
   * What it throws becomes `ERR_CODEC_TYPE`.
   */
  read(repr: Value): T;
}

/** Types beyond which a registry takes no more: what a program lists by hand. */
const TYPES_MAX = 65_536;

/**
 * The registered types of one connection. Their ids on the wire are 0, 1, 2 … in order of registration, so both sides
 * have to register the same in the same order.
 */
export class TypeRegistry {
  readonly #types: ValueType[] = [];
  readonly #ids = new Map<object, number>();

  /** @throws TypeError as {@link TypeRegistry.add}. */
  constructor(types: Iterable<ValueType> = []) {
    for (const type of types) this.add(type);
  }

  /** Number of types; the next one gets it as its id. */
  get size(): number {
    return this.#types.length;
  }

  /**
   * Register one more type.
   *
   * @returns Its id.
   * @throws TypeError if its class is registered, or is one whose instances cross as they are.
   */
  add(type: ValueType): number {
    const prototype: object = type.type.prototype;
    const name = type.type.name || "an unnamed class";
    if (this.#ids.has(prototype)) throw new TypeError(`the type ${name} is registered already`);
    if (BUILT_IN.has(prototype)) throw new TypeError(`${name} cannot be registered: it crosses as it is`);
    const id = this.#types.length;
    if (id === TYPES_MAX) throw new TypeError(`more than ${TYPES_MAX} types`);
    this.#ids.set(prototype, id);
    this.#types.push(type);
    return id;
  }

  /** Id of the type of `value`, whose prototype is given; undefined if none is registered for it. */
  idOf(value: object, prototype: object): number | undefined {
    const id = this.#ids.get(prototype);
    if (id !== undefined) return id;
    const other = this.#types.findIndex((type) => type.accepts?.(value));
    return other < 0 ? undefined : other;
  }

  /** What stands for `value`. @throws Refusal `ERR_VALUE_SERIALIZER`. */
  write(id: number, value: object): unknown {
    const type = this.#types[id]!;
    try {
      return type.write(value);
    } catch (error) {
      if (error instanceof CosimError) throw error;
      const what = `the type ${type.type.name} cannot write it: ${(error as Error)?.message ?? error}`;
      throw new Refusal("ERR_VALUE_SERIALIZER", what, error);
    }
  }

  /**
   * The instance that stood under the key `__type__`.
   *
   * @param typed - What came from the wire: `[id, repr]` or anything else.
   * @throws Refusal `ERR_CODEC_TYPE`.
   */
  read(typed: Value): Value {
    if (!Array.isArray(typed) || typed.length !== 2) {
      throw new Refusal("ERR_CODEC_TYPE", `${TYPE_KEY} has to be [id, repr]`);
    }
    const [id, repr] = typed;
    const type = typeof id === "number" ? this.#types[id] : undefined;
    if (type === undefined) {
      const known = this.#types.map(({ type: { name } }, place) => `${place} ${name}`).join(", ") || "none";
      throw new Refusal("ERR_CODEC_TYPE", `a type of unknown id; registered are: ${known}`);
    }
    try {
      // An instance is no value of the table, and is treated as one by nobody but this registry.
      return type.read(repr!) as unknown as Value;
    } catch (error) {
      const what = `the type ${type.type.name} cannot read it: ${(error as Error)?.message ?? error}`;
      throw new Refusal("ERR_CODEC_TYPE", what, error);
    }
  }
}

const BUILT_IN: ReadonlySet<object> = new Set([
  Object.prototype,
  Array.prototype,
  Map.prototype,
  Uint8Array.prototype,
  Buffer.prototype,
]);

/** The registry of who registers nothing. */
export const NO_TYPES: TypeRegistry = new TypeRegistry();

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
