import { RpcError } from "../errors.ts";
import { isCallableName } from "./services.ts";

/** Options of one call. */
export interface InvokeOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Makes the call of `path`, as `sub/mul`; options are for connections. */
export type Invoke = (path: string, args: unknown[], options?: InvokeOptions) => Promise<unknown>;

/** What a proxy stands for. */
export interface ProxyTarget {
  readonly invoke: Invoke;
  /** Empty at the root. */
  readonly path: string;
  /** What has to be kept for it. */
  readonly of?: object;
}

const targets = new WeakMap<object, ProxyTarget>();

/** What `value` stands for, if it is a proxy or a stub below one. */
export function proxyTarget(value: object): ProxyTarget | undefined {
  return targets.get(value);
}

/** Let `proxy` be taken for one of `target` wherever it is passed. */
export function standFor(proxy: object, target: ProxyTarget): void {
  targets.set(proxy, target);
}

/**
 * An object on which every name is a remote method: `proxy.offer(3)` is `invoke("offer", [3])`, `proxy.sub.mul(6, 7)`
 * is `invoke("sub/mul", [6, 7])`. A stub is made once for each name and kept.
 *
 * Names that cannot be remote (symbols, `then`, `toJSON` and the like) are undefined, but as a text it names its path.
 * Nothing can be assigned.
 *
 * @param path - Where it stands; a call of the proxy itself is a call of this path, and fails at the root.
 */
export function createProxy(invoke: Invoke, path = ""): object {
  return createStub({ invoke, options: undefined, text: undefined }, path, undefined);
}

/** {@link createProxy} of something whose path tells nothing: as a text it is `[remote <text>]`, what is below it with its path. */
export function createNamedProxy(invoke: Invoke, text: string): object {
  return createStub({ invoke, options: undefined, text }, "", undefined);
}

/** The same as `proxy`, called with `options` besides those that it has. Undefined for what stands for something else. */
export function optionedProxy(proxy: object, options: InvokeOptions): object | undefined {
  const stubs = targets.get(proxy);
  if (!(stubs instanceof Stubs)) return undefined;
  const { invoke, path, calls } = stubs;
  return createStub({ invoke, options: { ...calls.options, ...options }, text: calls.text }, path, proxy);
}

/** What all stubs of one proxy have in common. */
interface Calls {
  readonly invoke: Invoke;
  readonly options: InvokeOptions | undefined;
  /** What stands at the root; undefined if only its path tells. */
  readonly text: string | undefined;
}

/** @param parent - Kept alive by its stubs: what it stands for is in use while one of them is. */
function createStub(calls: Calls, path: string, parent: object | undefined): object {
  const call = path === "" ? refuse : callOf(calls, path);
  const stubs = new Stubs(calls, path, parent);
  const stub = new Proxy(call, stubs);
  targets.set(stub, stubs);
  return stub;
}

function callOf({ invoke, options }: Calls, path: string): (...args: unknown[]) => Promise<unknown> {
  if (options === undefined) return (...args) => invoke(path, args);
  return (...args) => invoke(path, args, options);
}

function refuse(): Promise<never> {
  return Promise.reject(new RpcError("ERR_RPC_NOT_FOUND", "a method has to be named"));
}

/** The stubs below one path. */
class Stubs implements ProxyHandler<object>, ProxyTarget {
  readonly calls: Calls;
  readonly invoke: Invoke;
  readonly path: string;
  readonly parent: object | undefined;
  #stubs: Map<string, object> | undefined;
  /** What `String(proxy)` gives. */
  readonly #text = () => {
    const where = [this.calls.text ?? "", this.path].filter((part) => part !== "").join("/");
    return `[remote ${where === "" ? "service" : where}]`;
  };

  constructor(calls: Calls, path: string, parent: object | undefined) {
    this.calls = calls;
    this.invoke = calls.invoke;
    this.path = path;
    this.parent = parent;
  }

  get(_target: object, name: string | symbol, proxy: object): object | undefined {
    if (typeof name === "symbol") return name === Symbol.toPrimitive ? this.#text : undefined;
    return this.#stubs?.get(name) ?? this.#create(name, proxy);
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

  #create(name: string, proxy: object): object | undefined {
    if (!isCallableName(name)) return undefined;
    const stub = createStub(this.calls, this.path === "" ? name : `${this.path}/${name}`, proxy);
    this.#stubs ??= new Map();
    this.#stubs.set(name, stub);
    return stub;
  }
}
