import {
  anything,
  boolean,
  checkArgument,
  either,
  listOf,
  nested,
  type OptionCheck,
  type OptionChecks,
  object,
  oneOf,
  required,
  string,
  text,
  withMethods,
} from "../../src/cosim/index.ts";
import type { EntitySpec, InputSource, OutputTarget } from "./interfaces.ts";
import { VALUE_TYPES } from "./process/protocol.ts";

type Of<Union, Key extends string> = Extract<Union, { readonly [K in Key]: unknown }>;

const TYPE = oneOf(VALUE_TYPES);

const SOURCE = either(
  text,
  having<Of<InputSource, "endpoint">>("endpoint", {
    endpoint: required(text),
    type: oneOf(["json", "string", "bytes"]),
  }),
  having<Of<InputSource, "publication">>("publication", {
    ...{ publication: required(text), type: TYPE, units: string, initial: anything, required: boolean },
  }),
);

const TARGET = either(
  having<Of<OutputTarget, "to">>("to", { to: required(either(text, listOf(text))), endpoint: text }),
  nested<Exclude<OutputTarget, Of<OutputTarget, "to">>>({ publication: text, type: TYPE, units: string }),
);

const ENTITIES = listOf(
  nested<EntitySpec>({
    model: required(text),
    eid: required(text),
    params: object,
    inputs: byAttribute(either(SOURCE, listOf(SOURCE))),
    outputs: either(listOf(text), byAttribute(TARGET)),
  }),
);

const SIMULATOR = withMethods(
  "a Simulator, as `new AgentSimulator({ models })`",
  ...["init", "create", "setupDone", "step", "getData", "finalize"],
);

/**
 * Check a population and its entities when they are given.
 *
 * @throws TypeError that names the entity and the attribute by their places, what was given and what is allowed.
 */
export function checkPopulation(simulator: unknown, entities: unknown): void {
  checkArgument("federate", "simulator", simulator, SIMULATOR);
  checkArgument("federate", "entities", entities, ENTITIES);
}

/** An object that has `key`, by which it is told from others. */
function having<O extends object>(key: keyof O & string, checks: OptionChecks<O>): OptionCheck {
  const fields = nested(checks);
  return {
    ...fields,
    allowed: `an object with ${key}`,
    accepts: (value) => fields.accepts(value) && key in (value as object),
  };
}

/** An object whose keys are names of attributes, with what passes `check` for each. */
function byAttribute(check: OptionCheck): OptionCheck {
  return {
    allowed: `an object by attribute, with ${check.allowed} for each`,
    accepts: nested({}).accepts,
    inside: (of, path, value) => {
      for (const [attr, item] of Object.entries(value as object)) checkArgument(of, `${path}.${attr}`, item, check);
    },
  };
}
