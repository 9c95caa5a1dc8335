"""Frames as aiomas's MsgPackBlosc makes them, for test/fixtures/blosc-frames.json: blosc.compress(packed, typesize=8).

Made with Python 3.11, blosc 1.11.4 (c-blosc 1.21.7), msgpack 1.2.4. Prints one JSON array; the content of a frame is
named by its SHA-256, since some are long.
"""

import hashlib
import json
import random

import blosc
import msgpack

random.seed(7)
rows = []


def add(name, value, typesize=8, **options):
    packed = msgpack.packb(value, use_bin_type=True)
    frame = blosc.compress(packed, typesize=typesize, **options)
    assert blosc.decompress(frame) == packed
    digest = hashlib.sha256(packed).hexdigest()
    rows.append({"name": name, "length": len(packed), "sha256": digest, "frame": frame.hex()})


add("a short message, stored", [0, 0, ["add", [3, 4], {}]])
for length in (0, 1, 6, 7, 8, 15, 16, 126, 127, 128):
    add(f"{length} bytes in the message", b"x" * length)
add("zeros", b"\0" * 100_000)
add("a text that repeats", "hello world " * 400)
add("numbers", [i * 0.25 for i in range(1000)])
add("rows of a table", [{"eid": f"Bus_{i}", "vm_pu": 1.0 + i / 1e4} for i in range(100)])
add("two letters", ["".join(random.choice("ab") for _ in range(40)) for _ in range(100)])
noise = bytes(random.randrange(256) for _ in range(300))
add("a match from afar", noise + b"\0" * 20_000 + noise, shuffle=blosc.NOSHUFFLE)
add("a match from afar, shuffled", noise + b"\0" * 20_000 + noise)
add("not shuffled", list(range(2000)), shuffle=blosc.NOSHUFFLE)
for length in (1021, 1022, 1029, 1037, 2045):
    add(f"{length} bytes that repeat", b"abc" * (length // 3) + b"x" * (length % 3))
add("many blocks", [[0] * 1000, "y" * 3_000_000, [1] * 1000])
add("many small blocks", [i % 7 for i in range(20_000)], clevel=1)
for typesize in (1, 2, 4, 16, 17, 255):
    add(f"items of {typesize} bytes", list(range(600)), typesize=typesize)

print(json.dumps(rows, indent=1))
