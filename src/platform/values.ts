import { agentProxy, referencesAt, referencesFrom } from "../agent/references.ts";
import { copyBy, copyFlat, copyRules, type WalkRules } from "../codec/copy.ts";
import { plainCopy, TypeRegistry, type Value, type ValueType } from "../codec/index.ts";
import type { Limits } from "../limits.ts";
import type { Invoke } from "../rpc/proxy.ts";

/** Values between a platform's agents and the program outside, to which agents are proxies. */
export class OutsideValues {
  readonly #types: TypeRegistry;
  readonly #inward: WalkRules;
  readonly #outward: WalkRules;
  readonly #invokeOf: (id: string) => Invoke;

  /** @param call - Calls an agent from outside. */
  constructor(
    limits: Limits,
    types: readonly ValueType[],
    call: (agent: string, method: string, args: unknown[]) => Promise<unknown>,
  ) {
    this.#invokeOf = (id) => (path, args) => call(id, path, args);
    this.#types = new TypeRegistry([...types, referencesFrom(this)]);
    this.#inward = copyRules(limits, this.#types);
    this.#outward = copyRules(limits, new TypeRegistry([...types, referencesAt(this, this.#invokeOf)]));
  }

  /** What agents get of a value; `root` names it in errors. @throws ValueError as `copyValue`. */
  inward(value: unknown, root: string): Value {
    return copyBy(value, this.#inward, root);
  }

  /** What an agent gets of a call's arguments. @throws ValueError as `copyValue`. */
  inwardArguments(args: readonly unknown[], agent: string, method: string): Value {
    return copyFlat(args, this.#inward.limits) ?? copyBy(args, this.#inward, `${agent}.${method}`);
  }

  /** What the program gets of an agent's answer. */
  outward(value: unknown): Value {
    return copyBy(value, this.#outward, "");
  }

  /** What {@link inward} gave, for a journal. */
  plain(values: readonly unknown[]): unknown[] {
    return plainCopy(values, this.#types) as unknown[];
  }

  /** Proxy of the agent `id`. */
  proxy(id: string): object {
    return agentProxy(id, this, this.#invokeOf(id));
  }
}
