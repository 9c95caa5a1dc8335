import type { Attr, ModelMeta, SimulatorType } from "./types.ts";

/** Attributes of a model, if not listed as such then as one kind or the other. */
export function attrsOf(model: ModelMeta): readonly Attr[] {
  const kinds = ["trigger", "non-trigger", "persistent", "non-persistent"] as const;
  return [...new Set([...(model.attrs ?? []), ...kinds.flatMap((kind) => model[kind] ?? [])])];
}

/**
 * Does a value for input `attr` cause a step? Always for an event-based simulator, never for a time-based one; a hybrid
 * one lists those that do, or those that do not.
 *
 * Source: mosaik `parse_attrs`.
 */
export function isTrigger(type: SimulatorType, model: ModelMeta, attr: Attr): boolean {
  if (type !== "hybrid") return type === "event-based";
  if (model.trigger !== undefined) return model.trigger.includes(attr);
  return model["non-trigger"] !== undefined && !model["non-trigger"].includes(attr);
}

/**
 * Does a value of output `attr` stay valid until the next one? Always of a time-based simulator, never of an
 * event-based one; a hybrid one lists those that do not, or those that do.
 *
 * Source: mosaik `parse_attrs`.
 */
export function isPersistent(type: SimulatorType, model: ModelMeta, attr: Attr): boolean {
  if (type !== "hybrid") return type === "time-based";
  if (model["non-persistent"] !== undefined) return !model["non-persistent"].includes(attr);
  return model.persistent === undefined || model.persistent.includes(attr);
}
