import type { Value } from "../codec/index.ts";
import { RpcError } from "../errors.ts";
import type { RpcConnection } from "./connection.ts";

/** Takes the arguments of a call, which belong to it, and gives its result, or a promise of it. */
export type Method = (args: Value[], kwargs: Record<string, Value>) => unknown;

/** Finds methods by their path: what a service object and a router are turned into, and what can be served directly. */
export interface Resolver {
  /**
   * The method at `path`, called at once and then never again.
   *
   * @param path - At least one part, at most `limits.pathPartsMax`; what the peer sent between the slashes, unchecked.
   * @param from - The connection on which the call came, for calls back.
   * @throws RpcError if there is none; {@link notFound} makes it.
   */
  resolve(path: readonly string[], from: RpcConnection): Method;

  /** The service at `path` itself, empty for the root: what a reference that comes home stands for. */
  serviceAt?(path: readonly string[]): object | undefined;

  /** Where `service` stands here, as `sub` or "" for the root: what a peer gets for it. Undefined if it is not here. */
  pathOf?(service: object): string | undefined;
}

/** `ERR_RPC_NOT_FOUND` for a path that leads to no method. */
export function notFound(path: readonly string[]): RpcError {
  return new RpcError("ERR_RPC_NOT_FOUND", `there is no method "${path.join("/").slice(0, 200)}"`);
}

/** `ERR_RPC_NOT_EXPOSED` for a name that a service has, and keeps to itself. */
export function notExposed(name: string): RpcError {
  return new RpcError("ERR_RPC_NOT_EXPOSED", `"${name.slice(0, 200)}" is not exposed`);
}

/** `below` under `name`. */
export function joinPath(name: string, below: string): string {
  return below === "" ? name : `${name}/${below}`;
}
