import { Kwargs } from "./kwargs.ts";
import type { Invoke } from "./proxy.ts";
import type { Resolver } from "./resolver.ts";

/** Ways of calling peers that other connections may use for their own peers. */
const relays = new WeakSet<Invoke>();

/** Let proxies made with `invoke` be passed to peers of other connections. */
export function allowRelay(invoke: Invoke): void {
  relays.add(invoke);
}

/** Whether {@link allowRelay} was called for it. */
export function mayRelay(invoke: Invoke): boolean {
  return relays.has(invoke);
}

/** Passes calls on to what stands below `root` at the other end of `invoke`. */
export function relay(invoke: Invoke, root: string): Resolver {
  const prefix = root === "" ? "" : `${root}/`;
  return {
    resolve: (path) => (args, kwargs) =>
      invoke(prefix + path.join("/"), Object.keys(kwargs).length === 0 ? args : [...args, new Kwargs(kwargs)]),
  };
}
