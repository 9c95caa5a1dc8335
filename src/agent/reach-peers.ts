import { parseAgentUrl } from "../channel/address.ts";
import { reachPeers } from "./peers.ts";

// Loaded with the first address or URL: most simulations have none.
reachPeers({
  parseUrl: parseAgentUrl,
  async open(kernel, codec) {
    const { LivePeers } = await import("./live-peers.ts");
    return new LivePeers(kernel, codec);
  },
});
