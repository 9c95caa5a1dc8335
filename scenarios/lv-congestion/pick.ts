import type { OutputData, OutputRequest } from "cosimas/mosaik";

/** The requested attributes of the requested entities. */
export function pick(outputs: OutputRequest, values: ReadonlyMap<string, object>): OutputData {
  return Object.fromEntries(
    Object.entries(outputs).map(([eid, attrs]) => {
      const entity = (values.get(eid) ?? {}) as Record<string, unknown>;
      return [eid, Object.fromEntries(attrs.map((attr) => [attr, entity[attr]]))];
    }),
  );
}
