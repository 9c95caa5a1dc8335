import type { Tag } from "../errors.ts";
import type { Answers } from "./answers.ts";
import type { Handlers } from "./handlers.ts";
import type { Kernel } from "./kernel.ts";
import type { AgentRecord } from "./record.ts";
import { type Birth, byCodeUnits, type Round } from "./round.ts";

/** Births and deaths: agents begin and end at a tag, before anything is delivered there, in the order of their ids. */
export class Life {
  readonly #kernel: Kernel;
  readonly #handlers: Handlers;
  readonly #answers: Answers;

  constructor(kernel: Kernel, handlers: Handlers, answers: Answers) {
    this.#kernel = kernel;
    this.#handlers = handlers;
    this.#answers = answers;
  }

  /** Serve the births, then the deaths of a round; agents whose code ran are added to `touched`. */
  serve(round: Round, tag: Tag, touched: AgentRecord[]): void {
    const { births = [], deaths = [] } = round;
    births.sort((a, b) => byCodeUnits(a.id, b.id));
    for (const birth of births) this.#bear(birth, tag, touched);
    deaths.sort((a, b) => byCodeUnits(a.record.id, b.record.id));
    for (const { record, cause } of deaths) if (record.state !== "removed") this.#bury(record, tag, cause);
  }

  #bear(birth: Birth, tag: Tag, touched: AgentRecord[]): void {
    let record: AgentRecord;
    try {
      record = birth.create();
    } catch (error) {
      this.#handlers.failed(birth.parent?.id ?? birth.id, `spawn of ${birth.id}`, error, `${birth.id}#unborn`);
      return;
    }
    touched.push(record);
    record.state = "setup";
    this.#kernel.tracer.life("created", record, tag, birth.cause, birth.parent?.id);
    this.#handlers.start(record, "setup", `${record.id}#created`, () => record.agent?.setup());
  }

  #bury(record: AgentRecord, tag: Tag, cause: string | undefined): void {
    this.#handlers.start(record, "stop", `${record.id}#removed`, () => record.agent?.stop());
    record.state = "removed";
    this.#kernel.tracer.life("removed", record, tag, cause);
    for (const activity of record.open) {
      activity.abandoned = true;
      if (activity.call !== undefined) this.#answers.settle(record, activity.call, cause, false, record.gone(tag));
    }
    // What waited for its setup finds it gone in the next round, like everything that comes later.
    for (const held of record.takeHeld()) this.#kernel.next.add(held);
    for (const timer of record.takeTimers()) this.#kernel.timers.cancel(timer);
    record.end(tag);
  }
}
