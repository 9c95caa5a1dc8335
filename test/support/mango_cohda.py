"""COHDA of mango-library on the instances of standard input; see virtual-power-plant-mango.test.ts.

Reads {"interval": s, "instances": [{"target": [...], "schedules": [[[...], ...], ...], "neighbours": [[...], ...]}]}: one list of
schedules and of neighbours' indices for each agent; the first agent starts. Prints [{"fitness": f, "schedules": [...],
"messages": n}, ...], one for each instance.
"""

import asyncio
import json
import sys

from mango import RoleAgent, create_container
from mango_library.coalition.core import CoalitionInitiatorRole, CoalitionParticipantRole
from mango_library.negotiation.cohda.cohda_messages import CohdaNegotiationMessage
from mango_library.negotiation.cohda.cohda_negotiation import COHDANegotiation, COHDANegotiationRole
from mango_library.negotiation.cohda.cohda_solution_aggregation import CohdaSolutionAggregationRole
from mango_library.negotiation.cohda.cohda_starting import CohdaNegotiationDirectStarterRole
from mango_library.negotiation.termination import (
    NegotiationTerminationDetectorRole,
    NegotiationTerminationParticipantRole,
)

# Wall seconds that a negotiation may take, and negotiations at the same time: they mostly wait.
SECONDS_MAX = 100
TOGETHER = 4


async def negotiate(instance, interval):
    container = await create_container(addr=("127.0.0.1", 0))
    target = (instance["target"], [1] * len(instance["target"]))
    controller = RoleAgent(container)
    controller.add_role(NegotiationTerminationDetectorRole())
    aggregation = CohdaSolutionAggregationRole()
    controller.add_role(aggregation)
    agents = []
    for i, schedules in enumerate(instance["schedules"]):
        agent = RoleAgent(container)
        agent.add_role(COHDANegotiationRole(lambda schedules=schedules: schedules, check_inbox_interval=interval))
        agent.add_role(CoalitionParticipantRole())
        agent.add_role(NegotiationTerminationParticipantRole())
        if i == 0:
            agent.add_role(CohdaNegotiationDirectStarterRole(target))
        agents.append(agent)

    messages = 0
    send = container.send_message

    async def counted(content, *args, **kwargs):
        nonlocal messages
        messages += isinstance(content.content, CohdaNegotiationMessage)
        return await send(content, *args, **kwargs)

    container.send_message = counted

    def topology(participants):
        return {
            participant: [participants[j] for j in instance["neighbours"][i]]
            for i, participant in enumerate(participants)
        }

    participants = [(container.addr, agent.aid) for agent in agents]
    controller.add_role(CoalitionInitiatorRole(participants, "cohda", "cohda-negotiation", topology_creator=topology))
    while not aggregation._confirmed_cohda_solutions:
        await asyncio.sleep(interval)
    solution = aggregation.cohda_solutions[aggregation._confirmed_cohda_solutions[0]]
    await container.shutdown()
    schedules = [[int(w) for w in solution.schedules[str(i + 1)]] for i in range(len(agents))]
    fitness = COHDANegotiation.deviation_to_target_schedule(solution.cluster_schedule, target)
    return {"fitness": fitness, "schedules": schedules, "messages": messages}


async def main():
    order = json.load(sys.stdin)
    together = asyncio.Semaphore(TOGETHER)

    async def bounded(instance):
        async with together:
            return await asyncio.wait_for(negotiate(instance, order["interval"]), SECONDS_MAX)

    print(json.dumps(await asyncio.gather(*map(bounded, order["instances"]))))


asyncio.run(main())
