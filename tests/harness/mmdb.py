# SPDX-License-Identifier: GPL-3.0-or-later
"""Small databases in MaxMind's format, version 2.0 (maxmind.github.io/MaxMind-DB)."""
import ipaddress

TEXT, UINT16, UINT32, MAP, UINT64, ARRAY = 2, 5, 6, 7, 9, 11


def encoded(value, kind=UINT32):
    """A text, a number of that kind, a list or a dict of such."""
    if isinstance(value, str):
        return _head(TEXT, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return _head(MAP, len(value)) + b"".join(encoded(key) + encoded(one) for key, one in value.items())
    if isinstance(value, list):
        return _head(ARRAY, len(value)) + b"".join(map(encoded, value))
    raw = value.to_bytes(8, "big").lstrip(b"\0")
    return _head(kind, len(raw)) + raw


def _head(kind, size):
    """Sizes up to 284: past 28 the rest is a byte of its own."""
    short, rest = (size, b"") if size < 29 else (29, bytes([size - 29]))
    return (bytes([kind << 5 | short]) if kind < 8 else bytes([short, kind - 7])) + rest


def write(path, networks):
    """`networks`: what is known of each, {"10.9.0.0/24": {"country": {"iso_code": "NZ"}}}."""
    nodes, data = [[None, None]], b""
    for network, known in networks.items():
        at = 0
        *way, last = _bits(ipaddress.ip_network(network))
        for side in way:
            if nodes[at][side] is None:
                nodes.append([None, None])
                nodes[at][side] = ("node", len(nodes) - 1)
            at = nodes[at][side][1]
        nodes[at][last] = ("data", len(data))
        data += encoded(known)
    numbers = {None: lambda _: len(nodes), "node": lambda at: at, "data": lambda at: len(nodes) + 16 + at}
    tree = b"".join(numbers[side and side[0]](side and side[1]).to_bytes(3, "big") for node in nodes for side in node)
    about = {"node_count": len(nodes), "record_size": 24, "ip_version": 6, "database_type": "Test", "languages": [],
             "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1, "description": {}}
    kinds = {"record_size": UINT16, "ip_version": UINT16, "binary_format_major_version": UINT16,
             "binary_format_minor_version": UINT16, "build_epoch": UINT64}
    metadata = _head(MAP, len(about)) + b"".join(encoded(key) + encoded(value, kinds.get(key, UINT32)) for key, value in about.items())
    path.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + metadata)


def _bits(network):
    """The way through the tree, in which IPv4 stands at ::/96."""
    prefix = network.prefixlen + (96 if network.version == 4 else 0)
    return [int(network.network_address) >> 127 - bit & 1 for bit in range(prefix)]
