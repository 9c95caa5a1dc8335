import type { MosaikProxy } from "../../../src/cosim/index.ts";
import { BridgeError, type channel } from "../../../src/index.ts";

/**
 * Requests back to the mosaik at the other end of `peer`.
 *
 * @param inCall - Whether mosaik waits for an answer of this side; only then are its data of this side's time.
 */
export function remoteProxy(peer: channel.Channel, inCall: () => boolean): MosaikProxy {
  const ask = (method: string, args: unknown[], options: channel.RequestOptions = {}): Promise<unknown> => {
    if (method !== "set_event" && !inCall()) {
      const text = `${method} is answered only while mosaik waits for setupDone, step or another of its calls`;
      return Promise.reject(new BridgeError("ERR_BRIDGE_OUTSIDE_CALL", text, { method }));
    }
    return peer.request([method, args, {}], { ...options, method });
  };
  return {
    getProgress: () => ask("get_progress", []) as Promise<number>,
    getRelatedEntities: ((entities) =>
      ask("get_related_entities", [entities ?? null])) as MosaikProxy["getRelatedEntities"],
    // mosaik may have to ask another simulator, which may be in a long step.
    getData: ((outputs) =>
      ask("get_data", [outputs], { timeoutMs: Number.POSITIVE_INFINITY })) as MosaikProxy["getData"],
    setData: async (data) => void (await ask("set_data", [data])),
    async setEvent(time) {
      if (!Number.isSafeInteger(time)) throw new RangeError(`setEvent: time must be an integer, got ${time}`);
      await ask("set_event", [time]);
    },
  };
}
