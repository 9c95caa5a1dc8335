import { formatAgentUrl, parseAgentUrl } from "../channel/address.ts";
import { reachPeers } from "./peers.ts";

// Loaded with the first address or URL: most simulations have none.
reachPeers({
  parseUrl: parseAgentUrl,
  formatUrl: formatAgentUrl,
  async open(kernel, codec, options) {
    const { LivePeers } = await import("./live-peers.ts");
    return new LivePeers(kernel, codec, options);
  },
});
