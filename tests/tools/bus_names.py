# SPDX-License-Identifier: GPL-3.0-or-later
"""A service on the system's bus that speaks as systemd-resolved or NetworkManager does, for tests.

    bus_names.py resolved|manager

Each line on standard input is the state from then on, as JSON; `null` gives the bus name up:
    resolved  {"links": [{"index": 2, "servers": ["192.0.2.1"], "domains": [["corp.test", true]], "default": true}]}
    manager   [{"nameservers": ["192.0.2.1"], "domains": ["~corp.test"], "interface": "tun0", "priority": 50, "vpn": true}]
Says `ready` after each.
"""
import ipaddress
import json
import socket
import sys

import dbus
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

PROPERTIES = "org.freedesktop.DBus.Properties"


class Object(dbus.service.Object):
    """Properties of one interface, and word of their changes."""

    def __init__(self, bus, path, interface):
        super().__init__(bus, path)
        self.interface, self.values = interface, {}

    @dbus.service.method(PROPERTIES, in_signature="ss", out_signature="v")
    def Get(self, interface, name):
        return self.values[name]

    @dbus.service.method(PROPERTIES, in_signature="s", out_signature="a{sv}")
    def GetAll(self, interface):
        return dbus.Dictionary(self.values, signature="sv")

    @dbus.service.signal(PROPERTIES, signature="sa{sv}as")
    def PropertiesChanged(self, interface, changed, invalidated):
        pass

    def take(self, **values):
        self.values = values
        self.PropertiesChanged(self.interface, dbus.Dictionary(values, signature="sv"), [])


class Resolved(Object):
    NAME = "org.freedesktop.resolve1"
    MANAGER = NAME + ".Manager"

    def __init__(self, bus):
        super().__init__(bus, "/org/freedesktop/resolve1", self.MANAGER)
        self.bus, self.links = bus, {}

    @dbus.service.method(MANAGER, in_signature="i", out_signature="o")
    def GetLink(self, index):
        return dbus.ObjectPath(f"/org/freedesktop/resolve1/link/_{index}")

    def become(self, state):
        servers, domains = dbus.Array(signature="(iiayqs)"), dbus.Array(signature="(isb)")
        for link in state["links"]:
            index = link["index"]
            for text in link["servers"]:
                address = ipaddress.ip_address(text)
                family = socket.AF_INET if address.version == 4 else socket.AF_INET6
                servers.append(dbus.Struct((dbus.Int32(index), dbus.Int32(family), dbus.ByteArray(address.packed),
                                            dbus.UInt16(0), ""), signature=None))
            for name, routing in link.get("domains", []):
                domains.append(dbus.Struct((dbus.Int32(index), name, dbus.Boolean(routing)), signature=None))
            if index and index not in self.links:
                self.links[index] = Object(self.bus, f"/org/freedesktop/resolve1/link/_{index}", self.NAME + ".Link")
            if index:
                self.links[index].take(DefaultRoute=dbus.Boolean(link.get("default", True)))
        plain = dbus.Array([dbus.Struct(tuple(s)[:3], signature=None) for s in servers], signature="(iiay)")
        self.take(DNS=plain, DNSEx=servers, Domains=domains, LLMNR="yes")


class Manager(Object):
    NAME = "org.freedesktop.NetworkManager"

    def __init__(self, bus):
        super().__init__(bus, "/org/freedesktop/NetworkManager/DnsManager", self.NAME + ".DnsManager")

    def become(self, state):
        entries = dbus.Array(signature="a{sv}")
        for entry in state:
            entries.append(dbus.Dictionary({
                "nameservers": dbus.Array(entry["nameservers"], signature="s"),
                "domains": dbus.Array(entry.get("domains", []), signature="s"), "interface": entry.get("interface", ""),
                "priority": dbus.Int32(entry.get("priority", 100)), "vpn": dbus.Boolean(entry.get("vpn", False))}, signature="sv"))
        self.take(Configuration=entries, Mode="default")


def main(kind):
    DBusGMainLoop(set_as_default=True)
    bus = dbus.SystemBus()
    service = {"resolved": Resolved, "manager": Manager}[kind](bus)
    loop = GLib.MainLoop()

    def line(source, condition):
        text = sys.stdin.readline()
        if not text:
            loop.quit()
            return False
        state = json.loads(text)
        if state is None:
            bus.release_name(service.NAME)
        else:
            service.become(state)
            bus.request_name(service.NAME)
        print("ready", flush=True)
        return True

    GLib.io_add_watch(sys.stdin.fileno(), GLib.IO_IN | GLib.IO_HUP, line)
    loop.run()


main(sys.argv[1])
