/** Names of methods and of services below others. Source: FAULTS section 3.3. */
const NAME = /^[A-Za-z_]\w{0,63}$/;

/**
 * Names that the language asks any object for: `await` for `then`, `JSON.stringify` for `toJSON`, a string conversion
 * for the others. On a proxy they are no remote methods.
 */
const RESERVED: ReadonlySet<string> = new Set([
  "then",
  "toJSON",
  "toString",
  "valueOf",
  "constructor",
  "prototype",
  "__proto__",
]);

/** Whether a method or service may have this name. */
export function isCallableName(name: string): boolean {
  return NAME.test(name) && !RESERVED.has(name);
}
