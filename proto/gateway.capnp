@0x9f0a289e20d5963c;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Exported by portreeve-gateway (own uid, no capability, 817 handed over) on gateway.sock. People and programs talk to it by HTTP
# on 127.0.0.1:817 and [::1]:817; over RPC it only says how it is.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("portreeve::proto");
using Daemon = import "daemon.capnp";

interface Gateway extends (Daemon.Daemon) {}
