import { isCallableName } from "./names.ts";

/** Makes the call of `path`, as `sub/mul`. */
export type Invoke = (path: string, args: unknown[]) => Promise<unknown>;

/**
 * An object on which every name is a remote method: `proxy.offer(3)` is `invoke("offer", [3])`, `proxy.sub.mul(6, 7)`
 * is `invoke("sub/mul", [6, 7])`. A stub is made once for each name and kept.
 *
 * Names that cannot be remote (symbols, `then`, `toJSON` and the like) are undefined. Nothing can be assigned.
 */
export function createProxy(invoke: Invoke): object {
  return new Proxy(Object.freeze({ __proto__: null }), new Stubs("", invoke));
}

/** The stubs below one path. */
class Stubs implements ProxyHandler<object> {
  readonly #prefix: string;
  readonly #invoke: Invoke;
  readonly #stubs = new Map<string, object>();

  /** @param prefix - Path up to here with a slash at its end; empty at the root. */
  constructor(prefix: string, invoke: Invoke) {
    this.#prefix = prefix;
    this.#invoke = invoke;
  }

  get(_target: object, name: string | symbol): object | undefined {
    if (typeof name === "symbol") return undefined;
    return this.#stubs.get(name) ?? this.#create(name);
  }

  set(): boolean {
    return false;
  }

  defineProperty(): boolean {
    return false;
  }

  deleteProperty(): boolean {
    return false;
  }

  setPrototypeOf(): boolean {
    return false;
  }

  #create(name: string): object | undefined {
    if (!isCallableName(name)) return undefined;
    const path = this.#prefix + name;
    const invoke = this.#invoke;
    const stub = new Proxy((...args: unknown[]) => invoke(path, args), new Stubs(`${path}/`, invoke));
    this.#stubs.set(name, stub);
    return stub;
  }
}
