# SPDX-License-Identifier: GPL-3.0-or-later
"""A host on the link that answers multicast DNS (RFC 6762): mdns_responder.py INTERFACE ADDRESS NAME. Says `ready`."""
import socket
import struct
import sys

GROUP, PORT = "224.0.0.251", 5353


def encoded(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def main(interface, address, name):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("", PORT))
    group = struct.pack("4s4si", socket.inet_aton(GROUP), socket.inet_aton("0.0.0.0"), socket.if_nametoindex(interface))
    server.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
    server.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, group)
    wire = encoded(name)
    print("ready", flush=True)
    while True:
        query, _ = server.recvfrom(9000)
        asked = query[12:12 + len(wire)].lower()
        if query[2] & 0x80 or asked != wire:
            continue
        kind = struct.unpack("!H", query[12 + len(wire):14 + len(wire)])[0]
        head = struct.pack("!HHHHHH", 0, 0x8400, 0, 1, 0, 0)
        if kind == 1:
            record = struct.pack("!HHIH", 1, 0x8001, 120, 4) + socket.inet_aton(address)
        else:  # it has an address of IPv4 and nothing else
            record = struct.pack("!HHIH", 47, 0x8001, 120, 8) + b"\xc0\x0c" + bytes([0, 4, 0x40, 0, 0, 0])
        server.sendto(head + wire + record, (GROUP, PORT))


main(*sys.argv[1:])
