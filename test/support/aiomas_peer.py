"""A peer made of real aiomas 2.0.1, told what to do by lines of JSON on standard input; see aiomas-peer.ts.

Every line is {"id": n, "do": name, ...}; every answer is {"id": n, "ok": value} or {"id": n, "error": [type, message]}.
It ends with its standard input. Values stand in lines as `tag` writes them, so that nothing is lost on the way.
"""

import asyncio
import json
import sys

import aiomas_compat  # noqa: F401  (has to come before aiomas)
import aiomas
import arrow

CODECS = {"json": aiomas.JSON, "msgpack": aiomas.MsgPack, "msgpack-blosc": aiomas.MsgPackBlosc}


@aiomas.codecs.serializable
class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


class Temperature:
    def __init__(self, celsius):
        self.celsius = celsius


def temperature_serializer():
    return Temperature, lambda t: t.celsius, Temperature


TYPES = [aiomas.util.arrow_serializer, Point.__serializer__, temperature_serializer]


def tag(value):
    """Any value as JSON that says what Python sees."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else {"$int": str(value)}
    if isinstance(value, float):
        return {"$float": repr(value)}
    if isinstance(value, bytes):
        return {"$bytes": value.hex()}
    if isinstance(value, (list, tuple)):
        return [tag(item) for item in value]
    if isinstance(value, dict):
        return {"$map": [[tag(key), tag(item)] for key, item in value.items()]}
    if isinstance(value, Point):
        return {"$point": [tag(value.x), tag(value.y)]}
    if isinstance(value, Temperature):
        return {"$temperature": tag(value.celsius)}
    if isinstance(value, arrow.Arrow):
        return {"$arrow": str(value)}
    if isinstance(value, aiomas.rpc.Proxy):
        return {"$proxy": value._path}
    raise TypeError("cannot tag %r" % (value,))


def untag(value):
    """The value that `tag` has written; {"$service": name} is one of our services."""
    if isinstance(value, list):
        return [untag(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "$service":
        return {"root": root, "sub": root.sub, "d": root.d}[content]
    return {
        "$int": int,
        "$float": float,
        "$bytes": bytes.fromhex,
        "$map": lambda items: {untag(key): untag(item) for key, item in items},
        "$point": lambda xy: Point(*untag(xy)),
        "$temperature": lambda celsius: Temperature(untag(celsius)),
        "$arrow": arrow.get,
    }[kind](content)


class Sub:
    router = aiomas.rpc.Service()

    @router.expose
    def mul(self, a, b):
        return a * b


class Root:
    router = aiomas.rpc.Service(["sub", "d"])

    def __init__(self):
        self.sub = Sub()
        self.d = aiomas.rpc.ServiceDict({"add": aiomas.expose(lambda a, b: a + b), "inner": Sub()})
        self.kept = None

    def hidden(self):
        return "hidden"

    @router.expose
    def add(self, a, b=2):
        return a + b

    @router.expose
    async def aadd(self, a, b=2, c=3):
        await asyncio.sleep(0)
        return [a, b, c]

    @router.expose
    def none(self):
        pass

    @router.expose
    def echo(self, *args, **kwargs):
        return [list(args), kwargs]

    @router.expose
    def same(self, value):
        return value

    @router.expose
    def see(self, value):
        return json.dumps(tag(value))

    @router.expose
    def make(self, text):
        return untag(json.loads(text))

    @router.expose
    def boom(self, kind, message):
        raise {"ValueError": ValueError, "KeyError": KeyError, "Custom": Custom}[kind](message)

    @router.expose
    def chained(self):
        try:
            {}["inner"]
        except KeyError as error:
            raise Custom("outer\n  Traceback: with lines\nand more") from error

    @router.expose
    def unserializable(self):
        return object()

    @router.expose
    async def slow(self, seconds):
        await asyncio.sleep(seconds)
        return seconds

    @router.expose
    async def call_name(self, client, n):
        return await client.name(n)

    @router.expose
    async def call_many(self, client, n):
        return sum(await asyncio.gather(*(client.double(i) for i in range(n))))

    @router.expose
    async def call_fail(self, client):
        try:
            await client.fail()
        except aiomas.RemoteException as error:
            return error.remote_traceback

    @router.expose
    def keep(self, client):
        self.kept = client

    @router.expose
    async def call_kept(self, n):
        return await self.kept.name(n)

    @router.expose
    async def mul_kept(self, a, b):
        return await self.kept.mul(a, b)

    @router.expose
    def give(self):
        return [self, {"sub": self.sub, "d": self.d}]


class Custom(Exception):
    pass


class Meter(aiomas.Agent):
    """An agent for ours to call, and that calls ours."""

    @aiomas.expose
    async def ask(self, url, method, *args, **kwargs):
        other = await self.container.connect(url)
        return await getattr(other, method)(*args, **kwargs)

    @aiomas.expose
    async def read_of(self, url, method, factor):
        """What the agent that a method gives reads."""
        other = await self.container.connect(url)
        agent = await getattr(other, method)()
        return await agent.read(factor)

    @aiomas.expose
    async def many(self, url, method, count, *args):
        other = await self.container.connect(url)
        results = await asyncio.gather(*(getattr(other, method)(*args) for _ in range(count)))
        return [len(result) for result in results]

    @aiomas.expose
    def read(self, factor):
        return factor * 2.5

    @aiomas.expose
    def when(self, date):
        return date.shift(hours=1)

    @aiomas.expose
    async def call_back(self, agent, n):
        return await agent.offer(n)


root = Root()


def address_of(text):
    """tcp://host:port as aiomas takes it, or the path of ipc://path."""
    scheme, rest = text.split("://")
    if scheme == "ipc":
        return rest
    host, port = rest.rsplit(":", 1)
    return host, int(port)


def text_of(server):
    (socket, *_) = server.sockets
    name = socket.getsockname()
    return "ipc://%s" % name if isinstance(name, str) else "tcp://%s:%d" % name[:2]


class Peer:
    def __init__(self):
        self.server = None
        self.client = None
        self.container = None

    async def listen(self, address, layer, codec):
        options = {"codec": CODECS[codec], "extra_serializers": TYPES}
        if layer == "rpc":
            self.server = await aiomas.rpc.start_server(address_of(address), root, **options)
        else:
            self.server = await aiomas.channel.start_server(address_of(address), echo, **options)
        return text_of(self.server)

    async def connect(self, address, layer, codec):
        options = {"codec": CODECS[codec], "extra_serializers": TYPES}
        if layer == "rpc":
            self.client = await aiomas.rpc.open_connection(address_of(address), rpc_service=root, **options)
        else:
            self.client = await aiomas.channel.open_connection(address_of(address), **options)

    async def call(self, path, args=(), kwargs=None):
        proxy = self.client.remote
        for name in path.split("/"):
            proxy = getattr(proxy, name)
        named = {key: untag(value) for key, value in (kwargs or {}).items()}
        return tag(await proxy(*untag(list(args)), **named))

    async def parallel(self, path, count):
        proxy = self.client.remote
        for name in path.split("/"):
            proxy = getattr(proxy, name)
        return await asyncio.gather(*(proxy(i, i) for i in range(count)))

    async def call_result(self, path, given, method, args):
        """Call a method of the service that a method gives."""
        service = await getattr(self.client.remote, path)(*untag(given))
        return tag(await getattr(service, method)(*untag(args)))

    async def send(self, content):
        return tag(await self.client.send(untag(content)))

    async def cancel(self, path):
        """Give up a call and make another: aiomas's own channel does not survive the late reply."""
        try:
            await asyncio.wait_for(getattr(self.client.remote, path)(), 0.05)
        except asyncio.TimeoutError:
            return "timed out"

    async def create(self, address, codec):
        self.container = await aiomas.Container.create(address_of(address), codec=CODECS[codec], as_coro=True)
        Meter(self.container)
        return text_of(self.container._tcp_server)

    async def agent_ask(self, url, method, args, kwargs=None):
        agent = self.container.agents.dict["0"]
        named = {key: untag(value) for key, value in (kwargs or {}).items()}
        return tag(await agent.ask(url, method, *untag(args), **named))

    async def pass_agent(self, url, method, inside=False):
        agent = self.container.agents.dict["0"]
        return tag(await agent.ask(url, method, {"friends": [agent]} if inside else agent))

    async def read_of(self, url, method, factor):
        return tag(await self.container.agents.dict["0"].read_of(url, method, factor))

    async def many(self, url, method, count, size):
        return await self.container.agents.dict["0"].many(url, method, count, size)


async def echo(channel):
    """Answer a request with what it says; `fail` fails, `ask` asks back first."""
    try:
        while True:
            request = await channel.recv()
            content = request.content
            if content == "fail":
                await request.fail(ValueError("as asked"))
            elif content == "ask":
                await request.reply(await channel.send("from Python"))
            else:
                await request.reply(content)
    except ConnectionError:
        pass


async def answer(peer, line):
    order = json.loads(line)
    number, name = order.pop("id"), order.pop("do")
    try:
        reply = {"ok": await getattr(peer, name)(**order)}
    except Exception as error:
        message = error.remote_traceback if isinstance(error, aiomas.RemoteException) else str(error)
        reply = {"error": [type(error).__name__, message]}
    print(json.dumps({"id": number, **reply}), flush=True)


async def main():
    loop = asyncio.get_event_loop()
    lines = asyncio.StreamReader(limit=2**26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    peer, tasks = Peer(), set()
    while True:
        line = await lines.readline()
        if not line:
            return
        task = loop.create_task(answer(peer, line))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


try:
    asyncio.get_event_loop().run_until_complete(main())
except KeyboardInterrupt:
    pass
