import type { MosaikProxy } from "../../../src/cosim/index.ts";
import { BridgeError, type Value } from "../../../src/cosim/index.ts";
import type { channel } from "../../../src/index.ts";
import type { FloatCodec } from "./float-codec.ts";
import { parseCall } from "./messages.ts";

/**
 * Answer the requests that a remote simulator makes of its master.
 *
 * Source: mosaik `MosaikRemote`.
 */
export function serveRequests(peer: channel.Channel, codec: FloatCodec, mosaik: () => MosaikProxy): void {
  peer.serve((request) => {
    void answer(request.content, codec, mosaik()).then(
      (value) => request.reply(value ?? null),
      (error: unknown) => request.fail(error),
    );
  });
}

async function answer(content: channel.Request["content"], codec: FloatCodec, mosaik: MosaikProxy): Promise<unknown> {
  const { name, args } = parseCall(content);
  const [first] = args;
  switch (name) {
    case "get_progress":
      return mosaik.getProgress();
    case "get_related_entities":
      return first === null || first === undefined
        ? mosaik.getRelatedEntities()
        : mosaik.getRelatedEntities(first as string);
    case "get_data":
      return mosaik.getData(first as Parameters<MosaikProxy["getData"]>[0]);
    case "set_data":
      // Its values may be on their way to another simulator in Python.
      return mosaik.setData(
        parseCall((codec.exact(content as object) as Value | undefined) ?? content).args[0] as Parameters<
          MosaikProxy["setData"]
        >[0],
      );
    case "set_event":
      return mosaik.setEvent(first as number);
    default: {
      const there = "get_data, get_progress, get_related_entities, set_data, set_event";
      throw new BridgeError("ERR_BRIDGE_CALL", `there is no request "${name}"; there are: ${there}`, { method: name });
    }
  }
}

/**
 * Requests back to the mosaik at the other end of `peer`.
 *
 * @param inCall - Whether mosaik waits for an answer of this side; only then are its data of this side's time.
 */
export function requestsTo(peer: channel.Channel, inCall: () => boolean): MosaikProxy {
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
