import { registerAgentClass } from "../../src/agent/agent-classes.ts";
import { Agent } from "../../src/index.ts";

/** A module whose classes are known through their registration alone, as `agentModel` does it; one exported by another name. */
class Hidden extends Agent {
  static override readonly outputs = ["value"] as const;
  value = 1;
  grow(id: string): void {
    this.spawn(Hidden, { id });
  }
}
registerAgentClass(Hidden);

class Inner extends Agent {
  static override readonly outputs = ["value"] as const;
  value = 2;
}

export { Inner as Outer };
export const classes = { Hidden, Inner };
