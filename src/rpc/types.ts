/** A class that says which of its methods peers may call, as `static readonly exposed = ["offer"] as const`. */
// biome-ignore lint/suspicious/noExplicitAny: a class is matched whatever its constructor takes.
export type Exposing = (abstract new (...args: any[]) => object) & { readonly exposed: readonly string[] };

/**
 * What a peer sees of a service class: the exposed methods only, each with its arguments and a promise of its result.
 *
 * A class is named by its type, `Remote<typeof Battery>`. Services below it stand under their names:
 * `Remote<typeof Root & { sub: typeof Sub }>` for `router({ sub }, root)`, `Remote<{ sub: typeof Sub }>` without a
 * service at the root. Where nothing is known (`unknown`, or a class whose list is not `as const`), every name can be
 * called.
 */
export type Remote<C> = unknown extends C ? UntypedRemote : RemoteService<C> & RemoteParts<C>;

/** A peer of whose methods nothing is known. */
export interface UntypedRemote {
  // biome-ignore lint/suspicious/noExplicitAny: the caller knows what the peer offers, the compiler does not.
  readonly [name: string]: any;
}

type RemoteService<C> = C extends Exposing
  ? string extends C["exposed"][number]
    ? UntypedRemote
    : RemoteMethods<InstanceType<C>, C["exposed"][number]>
  : unknown;

type RemoteMethods<I, Names extends string> = {
  readonly [M in Names & keyof I]: I[M] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never;
};

/** Empty unless some property of `C` is itself a service class. */
type RemoteParts<C> = {
  readonly [K in keyof C as K extends "prototype" ? never : C[K] extends Exposing | Parts ? K : never]: Remote<C[K]>;
};

/** Services below a name that has none of its own. */
interface Parts {
  readonly [name: string]: Exposing | Parts;
}
