import { AGENT_REFERENCE } from "../agent/references.ts";
import { DATE_TIME } from "../agent/simulation.ts";
import { strictByDefault } from "../agent/strict-default.ts";
import { ExternalClock } from "../clock/external-clock.ts";
import type { Codec, ValueType } from "../codec/index.ts";
import { urlOfModule } from "../host.ts";
import type { CommunicationModel } from "../kernel/communication.ts";
import type { JournaledRun } from "../kernel/journal.ts";
import { type Limits, limitsOf } from "../limits.ts";
import type { Journal } from "../trace.ts";
import type { MemberLink } from "./members/link.ts";
import { type AgentModule, checkedPlacement, loadAgentModule } from "./module.ts";
import { nodeOptions } from "./node-options.ts";
import { checkPlatformOptions, type PlatformOptions } from "./options.ts";
import type { MemberOptions } from "./protocol.ts";
import { startContainers } from "./start.ts";
import { batchCodec } from "./wire/batch.ts";

/** What a platform is made of. */
export interface PlatformParts {
  readonly module: AgentModule;
  readonly limits: Limits;
  readonly clock: ExternalClock;
  /** Registered types; their order is that of their ids. */
  readonly types: readonly ValueType[];
  readonly codec: Codec;
  /** Number of the container in which an agent lives. */
  readonly containerOf: (id: string) => number;
  readonly members: readonly MemberLink[];
  readonly journal: Journal | undefined;
  /** What the journal is told. */
  readonly run: JournaledRun;
}

/** Check the options, load the module and start the containers. Throws as `Platform.create`. */
export async function createParts(options: PlatformOptions): Promise<PlatformParts> {
  checkPlatformOptions(options);
  const { containers: count = 1, isolation = "inline", communication, populations } = options;
  if (isolation !== "inline" && typeof communication?.links === "function") {
    throw new TypeError("a link function does not cross to other threads; let the module export it as `communication`");
  }
  const { start, resolution, seed = 0, trace = "hash", strict = strictByDefault() } = options;
  const clock = new ExternalClock({
    ...(start !== undefined && { start }),
    ...(resolution !== undefined && { resolution }),
  });
  clock.own();
  const limits = limitsOf(options.limits);
  const module = await loadAgentModule(urlOfModule(options.module));
  const types = [DATE_TIME, ...module.types];
  const shared = {
    count,
    start: clock.utcnow().toISO()!,
    resolution: clock.resolution.ticksPerSecond,
    seed,
    trace,
    strict,
    communication,
    limits,
    ...(populations !== undefined && { populations }),
  };
  const each = Array.from({ length: count }, (_, index): MemberOptions => ({ ...shared, index }));
  const node = nodeOptions(options.execArgv);
  const members = await startContainers(module, each, { ...options, isolation, node });
  return {
    module,
    limits,
    clock,
    types,
    codec: batchCodec(limits, [...types, AGENT_REFERENCE]),
    containerOf: checkedPlacement(module.placement, count),
    members,
    journal: options.record,
    run: {
      seed,
      strict,
      communication:
        populations === undefined ? (communication ?? module.communication) : modelOf(communication, module),
      limits: options.limits,
      modules: [module.url],
      populations,
    },
  };
}

/** Of one of several populations, where a model that says nothing stands for none: as in one container. */
function modelOf(given: CommunicationModel | undefined, module: AgentModule): CommunicationModel | undefined {
  const model = given ?? module.communication;
  return model === undefined || Object.keys(model).length === 0 ? undefined : model;
}
