import { RemoteSimulator } from "../remote/client.ts";
import { reachSimulators } from "./config.ts";

reachSimulators((entry, options) => new RemoteSimulator(entry, options));
