import type { Value } from "../codec/index.ts";
import { RpcError } from "../errors.ts";
import { isCallableName } from "./names.ts";
import type { Method } from "./resolver.ts";
import type { Exposing } from "./types.ts";

type AnyMethod = (...args: unknown[]) => unknown;

/**
 * An object whose class lists its exposed methods. `parameters`, if the class has it, names the positional parameters
 * of methods that peers may call with keyword arguments: `static readonly parameters = { add: ["a", "b"] }`. `services`,
 * if the class has it, names the fields that hold services of their own, which stand below this one:
 * `static readonly services = ["sub"] as const`.
 */
export type Service = object;

const tables = new WeakMap<Exposing, ReadonlyMap<string, AnyMethod>>();

/**
 * The methods that peers may call, by name. The list is the class's own, or else its parent's: an own list restates
 * what the parents expose. Methods are called with the object as `this`.
 *
 * @throws TypeError if the list names something that is not a method, or has a name that cannot be called.
 */
export function exposedMethods(type: Exposing): ReadonlyMap<string, AnyMethod> {
  const known = tables.get(type);
  if (known !== undefined) return known;
  if (!Array.isArray(type.exposed)) throw new TypeError(`${type.name}.exposed must be an array of names of methods`);
  const table = new Map<string, AnyMethod>();
  for (const name of type.exposed as readonly string[]) table.set(name, methodOf(type, name));
  tables.set(type, table);
  return table;
}

function methodOf(type: Exposing, name: string): AnyMethod {
  if (typeof name !== "string" || !isCallableName(name)) {
    const allowed = "a letter or _, then up to 63 letters, digits or _, and not a name like then or toJSON";
    throw new TypeError(`${type.name}.exposed: "${String(name)}" cannot be called; a name is ${allowed}`);
  }
  const method = memberOf(type.prototype, name)?.value;
  if (typeof method !== "function") throw new TypeError(`${type.name}.exposed: there is no method "${name}"`);
  return method as AnyMethod;
}

/** Own or inherited, without what every object has; getters are not run. */
function memberOf(prototype: object | null, name: string): PropertyDescriptor | undefined {
  for (let at = prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    const member = Object.getOwnPropertyDescriptor(at, name);
    if (member !== undefined) return member;
  }
  return undefined;
}

/** Whether `value` is an object whose class has a list of exposed methods. */
export function isService(value: object): boolean {
  const type: unknown = value.constructor;
  return typeof type === "function" && "exposed" in type;
}

/** Methods of one service object, bound to it, by name. @throws TypeError as {@link exposedMethods}, or if `parameters` does not fit. */
export function boundMethods(service: Service): ReadonlyMap<string, Method> {
  const type = service.constructor as Exposing;
  const methods = new Map<string, Method>();
  const parameters = parametersOf(type);
  for (const [name, method] of exposedMethods(type)) {
    const names = parameters.get(name);
    methods.set(name, (args, kwargs) => method.apply(service, bound(name, names, args, kwargs)));
  }
  return methods;
}

/** Whether `service` has something of this name that is not every object's; getters are not run. */
export function hasMember(service: Service, name: string): boolean {
  return memberOf(service, name) !== undefined;
}

function parametersOf(type: Exposing): ReadonlyMap<string, readonly string[]> {
  const { parameters = {} } = type as { readonly parameters?: Readonly<Record<string, readonly string[]>> };
  const table = new Map(Object.entries(parameters));
  for (const [name, names] of table) {
    if (!exposedMethods(type).has(name)) throw new TypeError(`${type.name}.parameters: "${name}" is not exposed`);
    if (!Array.isArray(names) || new Set(names).size !== names.length) {
      throw new TypeError(`${type.name}.parameters.${name} must be an array of different names`);
    }
  }
  return table;
}

/** The arguments in their positions, as Python would bind them; a parameter that was left out is undefined. */
function bound(method: string, names: readonly string[] | undefined, args: Value[], kwargs: Record<string, Value>) {
  const all: unknown[] = args;
  for (const key in kwargs) {
    const value = kwargs[key];
    if (names === undefined) throw badArguments(`${method}() takes no keyword arguments`);
    const place = names.indexOf(key);
    if (place < 0) throw badArguments(`${method}() has no parameter "${key.slice(0, 64)}"`);
    if (place in all) throw badArguments(`${method}() got two values for "${key}"`);
    all[place] = value;
  }
  return all;
}

function badArguments(message: string): RpcError {
  return new RpcError("ERR_RPC_ARGUMENTS", message);
}
