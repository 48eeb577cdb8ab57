# SPDX-License-Identifier: GPL-3.0-or-later
"""What went over the guest's wire: reads the pcap file that QEMU writes (filter-dump), while it does."""
import ipaddress
import struct
from dataclasses import dataclass

ETHERTYPE_ARP, ETHERTYPE_V4, ETHERTYPE_V6 = 0x0806, 0x0800, 0x86DD
TCP, UDP, ICMP, IGMP, ICMPV6 = 6, 17, 1, 2, 58
PCAP_HEADER = 24


@dataclass(frozen=True)
class Packet:
    from_guest: bool
    kind: str            # "arp", "ip" or "other"
    protocol: int = 0
    source: str = ""
    destination: str = ""
    source_port: int = 0
    destination_port: int = 0
    icmp_type: int = -1
    flags: int = 0       # TCP
    payload: bytes = b""

    def __str__(self):
        ports = f" {self.source_port}->{self.destination_port}" if self.source_port or self.destination_port else ""
        return f"{self.kind} protocol {self.protocol} {self.source} -> {self.destination}{ports} icmp {self.icmp_type} {self.payload[:80]!r}"


def _transport(protocol, data, common):
    if protocol in (TCP, UDP) and len(data) >= 8:
        source, destination = struct.unpack("!HH", data[:4])
        if protocol == TCP and len(data) >= 20:
            return Packet(**common, source_port=source, destination_port=destination, flags=data[13], payload=data[(data[12] >> 4) * 4:])
        return Packet(**common, source_port=source, destination_port=destination, payload=data[8:])
    if protocol in (ICMP, ICMPV6) and data:
        return Packet(**common, icmp_type=data[0])
    return Packet(**common)


def parse(frame, guest_mac):
    from_guest = frame[6:12] == guest_mac
    ethertype = int.from_bytes(frame[12:14], "big")
    data = frame[14:]
    if ethertype == ETHERTYPE_ARP:
        return Packet(from_guest, "arp")
    if ethertype == ETHERTYPE_V4 and len(data) >= 20:
        length = (data[0] & 15) * 4
        common = {"from_guest": from_guest, "kind": "ip", "protocol": data[9],
                  "source": str(ipaddress.ip_address(data[12:16])), "destination": str(ipaddress.ip_address(data[16:20]))}
        return _transport(data[9], data[length:], common)
    if ethertype == ETHERTYPE_V6 and len(data) >= 40:
        following, rest = data[6], data[40:]
        if following == 0 and len(rest) >= 8:  # hop-by-hop options, before multicast listener reports
            following, rest = rest[0], rest[(rest[1] + 1) * 8:]
        common = {"from_guest": from_guest, "kind": "ip", "protocol": following,
                  "source": str(ipaddress.ip_address(data[8:24])), "destination": str(ipaddress.ip_address(data[24:40]))}
        return _transport(following, rest, common)
    return Packet(from_guest, "other", ethertype)


class Capture:
    def __init__(self, path, mac):
        self.path = path
        self.mac = bytes.fromhex(mac.replace(":", ""))

    def here(self):
        """A place in the recording: what comes from now on stands behind it."""
        return max(self.path.stat().st_size, PCAP_HEADER) if self.path.exists() else PCAP_HEADER

    def packets(self, since=PCAP_HEADER, until=None):
        data = self.path.read_bytes()[:until]
        at, found = since, []
        while at + 16 <= len(data):
            kept = struct.unpack("<I", data[at + 8:at + 12])[0]
            if at + 16 + kept > len(data):
                break  # being written
            found.append(parse(data[at + 16:at + 16 + kept], self.mac))
            at += 16 + kept
        return found

    def left(self, since):
        """What the guest sent since then. There is always something: a recording without it records nothing."""
        sent = [packet for packet in self.packets(since) if packet.from_guest]
        assert sent, "the recording shows nothing that the guest sent"
        return sent


def needed_on_a_network(packet):
    """What the built-in rules allow: addresses, neighbours, routers, multicast groups, ICMP errors."""
    if packet.kind == "arp":
        return True
    if packet.protocol == UDP and (packet.source_port, packet.destination_port) in ((68, 67), (546, 547)):
        return True
    if packet.protocol == ICMPV6:
        return packet.icmp_type in (1, 2, 3, 4, 130, 131, 132, 133, 134, 135, 136, 143)
    return packet.protocol == IGMP or (packet.protocol == ICMP and packet.icmp_type in (3, 11, 12))
