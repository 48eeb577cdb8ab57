# SPDX-License-Identifier: GPL-3.0-or-later
"""A dnsmasq on the machine itself that holds port 53 and lies about every name."""
from contextlib import contextmanager

from .namespaces import end, wait_until

LIE = "192.0.2.66"


@contextmanager
def lying_dnsmasq(net, *options):
    """`options` say where it listens: everywhere without any. resolv.conf names it meanwhile."""
    holder = net.start(net.machine, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
                       "--pid-file=", "--user=root", "--log-facility=/dev/null", f"--address=/#/{LIE}", *options)
    wait_until(lambda: ":53 " in net.inside("ss", "-Hlun").stdout and ":53 " in net.inside("ss", "-Hltn").stdout, 10, "dnsmasq listens")
    net.resolv_conf("127.0.0.1")
    try:
        yield holder
    finally:
        end(holder)
