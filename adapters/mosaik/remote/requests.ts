import type { MosaikProxy } from "../../../src/cosim/index.ts";
import { BridgeError, type channel } from "../../../src/index.ts";
import { parseCall } from "./remote-call.ts";

/**
 * Answer the requests that a remote simulator makes of its master.
 *
 * Source: mosaik `MosaikRemote`.
 */
export function serveRequests(peer: channel.Channel, mosaik: () => MosaikProxy): void {
  peer.serve((request) => {
    void answer(request.content, mosaik()).then(
      (value) => request.reply(value ?? null),
      (error: unknown) => request.fail(error),
    );
  });
}

async function answer(content: channel.Request["content"], mosaik: MosaikProxy): Promise<unknown> {
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
      return mosaik.setData(first as Parameters<MosaikProxy["setData"]>[0]);
    case "set_event":
      return mosaik.setEvent(first as number);
    default: {
      const there = "get_data, get_progress, get_related_entities, set_data, set_event";
      throw new BridgeError("ERR_BRIDGE_CALL", `there is no request "${name}"; there are: ${there}`, { method: name });
    }
  }
}
