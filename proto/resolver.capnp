@0xcad798e596cbc7c3;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Exported by portreeve-resolver (own uid, no capability, ports handed over) on resolver.sock. DNS itself comes over
# UDP and TCP on the handed-over sockets. The resolver holds policy's NameJudge; without policy it answers
# SERVFAIL with an extended error (RFC 8914) rather than unjudged.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("portreeve::proto");
using Daemon = import "daemon.capnp";

interface Resolver extends (Daemon.Daemon) {}
