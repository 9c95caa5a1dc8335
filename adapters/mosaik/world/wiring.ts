import { ScenarioError } from "../../../src/cosim/index.ts";
import { type ConnectArgs, type Connection, parseConnections } from "../scheduler/connection.ts";
import type { Entity, EntityGraph } from "../scheduler/entity.ts";
import type { SimNode } from "../scheduler/sim-node.ts";
import { connectionDelay } from "../scheduler/tiered-time.ts";

/** The connections of a world, by where they end: source entity, destination entity and attribute. */
export class Wiring {
  readonly #graph: EntityGraph;
  readonly #nodeOf: (entity: Entity) => SimNode;
  readonly #connections = new Map<string, Connection>();

  /** @param nodeOf - Throws if the entity is of another world. */
  constructor(graph: EntityGraph, nodeOf: (entity: Entity) => SimNode) {
    this.#graph = graph;
    this.#nodeOf = nodeOf;
  }

  /** All connections, in the order in which they were made. */
  get all(): Iterable<Connection> {
    return this.#connections.values();
  }

  /** See `World.connect`; all or none. */
  connect(src: Entity, dest: Entity, args: ConnectArgs): void {
    const { connections, shift, weak, asyncRequests } = parseConnections(src, dest, args);
    const source = this.#nodeOf(src);
    const target = this.#nodeOf(dest);
    const added = new Map<string, Connection>();
    for (const connection of connections) {
      const end = JSON.stringify([src.fullId, dest.fullId, connection.destAttr]);
      const other = this.#connections.get(end) ?? added.get(end);
      if (other !== undefined) {
        const text = `${connection}: ${other.srcAttr} of the same entity is connected to this attribute already`;
        throw new ScenarioError("ERR_SCENARIO_DUPLICATE_CONNECTION", text);
      }
      added.set(end, connection);
    }
    const duration = connectionDelay(source.group, target.group, shift, weak);
    if (weak && duration.cutoff < 2) {
      const text = `connecting ${src.fullId} to ${dest.fullId}: weak needs a group that holds both; start their simulators in one`;
      throw new ScenarioError("ERR_SCENARIO_WEAK", text);
    }
    for (const [end, connection] of added) {
      this.#connections.set(end, connection);
      target.linkFrom(source, duration).connections.push(connection);
    }
    if (asyncRequests)
      target.linkFrom(source, connectionDelay(source.group, target.group, 0, false)).asyncRequests = true;
    this.#graph.relate(src.fullId, dest.fullId);
  }
}
