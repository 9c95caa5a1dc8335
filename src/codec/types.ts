import { CodecError } from "../errors.ts";
import type { Value } from "./value.ts";

/** Key of the stand-in of a typed value, `{"__type__": [id, repr]}`. Source: aiomas `codecs.py`. */
export const TYPE_KEY = "__type__";

/** How the values that one type covers are written and read. */
export interface TypeFormat {
  /** What stands for `value`: plain data, or instances of registered types. Undefined if it cannot stand for it. */
  write(value: object): unknown;
  /** The value again. @throws CodecError for a stand-in that `write` never makes. */
  read(repr: Value): unknown;
}

/** A class, whatever its constructor takes, and be it private. */
export interface ClassOf {
  readonly name: string;
  readonly prototype: object;
}

/** A class whose instances cross, and how they are written and read. */
export interface TypeRegistration extends TypeFormat {
  readonly type: ClassOf;
}

/**
 * The types of one connection. Ids count up from 0 in the order of registration, so both sides have to register the
 * same types in the same order. A value's class has to be the registered one, not a child of it.
 */
export class TypeTable {
  readonly #formats: TypeFormat[] = [];
  readonly #ids = new Map<unknown, number>();
  #fallback = -1;

  constructor(registrations: readonly TypeRegistration[] = []) {
    for (const registration of registrations) this.register(registration.type, registration);
  }

  /** Registered types; while there are none, the key `__type__` is like any other. */
  get size(): number {
    return this.#formats.length;
  }

  /** Register the instances of a class. @returns The type's id. @throws TypeError if the class has been registered. */
  register(type: ClassOf, format: TypeFormat): number {
    if (this.#ids.has(type.prototype)) throw new TypeError(`${type.name} has been registered already`);
    const id = this.#formats.push(format) - 1;
    this.#ids.set(type.prototype, id);
    return id;
  }

  /** Register what no class fits: aiomas's serializer of `object`. @returns The type's id. */
  registerFallback(format: TypeFormat): number {
    if (this.#fallback >= 0) throw new TypeError("there is a fallback already");
    this.#fallback = this.#formats.push(format) - 1;
    return this.#fallback;
  }

  /** Stand-in of a value that is no plain data; undefined if no type covers it. */
  write(value: object): readonly [id: number, repr: unknown] | undefined {
    const id = this.#ids.get(Object.getPrototypeOf(value)) ?? this.#fallback;
    const repr = this.#formats[id]?.write(value);
    return repr === undefined ? undefined : [id, repr];
  }

  /** The value that `{"__type__": stand}` is. @throws CodecError. */
  read(stand: Value): unknown {
    if (Array.isArray(stand) && stand.length === 2) {
      const [id, repr] = stand;
      const format = typeof id === "number" ? this.#formats[id] : undefined;
      if (format !== undefined) return format.read(repr!);
    }
    throw new CodecError("ERR_CODEC_TYPE", `"${TYPE_KEY}" is not [id, repr] with the id of a registered type`);
  }
}
