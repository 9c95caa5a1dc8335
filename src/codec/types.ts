import { CodecError } from "../errors.ts";
import type { Value } from "./value.ts";

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

  /** Takes objects of other classes, and functions, too; asked in order of registration once no class fits exactly. */
  accepts?(value: object): boolean;

  /** What stands for `value` on the wire: anything that may be sent, instances of registered types included. */
  write(value: T): unknown;

  /**
   * The instance that `repr` stands for. It comes from the peer: whatever it is, check it, and do no more work than it
   * is long. What it throws closes the channel.
   */
  read(repr: Value): T;
}

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

  /** Number of types; while there are none, the key `__type__` is like any other. */
  get size(): number {
    return this.#types.length;
  }

  /** Register one more type. @returns Its id. @throws TypeError if its class is registered. */
  add(type: ValueType): number {
    const { name, prototype } = type.type;
    if (this.#ids.has(prototype)) throw new TypeError(`the type ${name} is registered already`);
    const id = this.#types.push(type) - 1;
    this.#ids.set(prototype, id);
    return id;
  }

  /** Id of the type of `value`; undefined if none is registered for it. */
  idOf(value: object): number | undefined {
    const id = this.#ids.get(Object.getPrototypeOf(value));
    if (id !== undefined) return id;
    const other = this.#types.findIndex((type) => type.accepts?.(value));
    return other < 0 ? undefined : other;
  }

  /** What stands for `value`, whose type has this id. */
  write(id: number, value: object): unknown {
    return this.#types[id]!.write(value);
  }

  /** The instance that stood under {@link TYPE_KEY}. @throws CodecError `ERR_CODEC_TYPE`. */
  read(typed: Value): Value {
    if (!Array.isArray(typed) || typed.length !== 2) throw refused(`${TYPE_KEY} has to be [id, repr]`);
    const [id, repr] = typed;
    const type = typeof id === "number" ? this.#types[id] : undefined;
    if (type === undefined) throw refused("a type of unknown id");
    try {
      // An instance is no value of the table, and is treated as one by nobody but this registry.
      return type.read(repr!) as unknown as Value;
    } catch (error) {
      throw refused(`the type ${type.type.name} cannot read it: ${(error as Error)?.message ?? error}`, error);
    }
  }
}

function refused(what: string, cause?: unknown): CodecError {
  return new CodecError("ERR_CODEC_TYPE", what, { cause });
}
