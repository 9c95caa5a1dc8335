import { channelSuite } from "../../support/channel-suite.ts";
import { memory, over } from "../../support/connected.ts";

// The other transports: test/conformance/transports.test.ts.
channelSuite("memory", memory);
channelSuite("TCP", over("tcp://127.0.0.1:0"));
