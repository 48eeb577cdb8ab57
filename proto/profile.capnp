@0xb7a3d04f5c1e9862;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Profiles: what the resolver tells policy of the networks that this machine is on, and what people see of it all
# (`portreeve profile list --json`, the API; see view.capnp for how times and empty texts are meant).

using Cxx = import "/capnp/c++.capnp";
using Json = import "/capnp/compat/json.capnp";
$Cxx.namespace("portreeve::proto");

struct DefaultGateway {
  # A default route's next hop.
  interface @0 :Text;
  address @1 :Text;
  mac @2 :Text;               # "02:00:5e:10:00:01"; empty: this machine has not spoken to it yet
}

struct WirelessNetwork {
  interface @0 :Text;
  ssid @1 :Text;              # what is no UTF-8 in it is replaced
}

struct Attachment {
  # What this machine is attached to now; each list in order, without duplicates.
  gateways @0 :List(DefaultGateway);
  wireless @1 :List(WirelessNetwork);
  interfaces @2 :List(Text);  # that are up and have a carrier, without loopback
  vpns @3 :List(Text);        # those of them that are tunnels of a VPN's kind
}

interface AttachmentListener {
  # Exported by policy, held by the resolver for as long as it is connected.
  attached @0 (attachment :Attachment) -> ();
  # The whole, at once after getting this and whenever something of it has changed. Answered when the profile that follows
  # from it is in force.
}

struct ProfileView {
  name @0 :Text;
  inForce @1 :Bool $Json.name("in_force");
  here @2 :Bool;              # this machine is on its network (one of its `when` holds)
  default @3 :Text;           # what no rule matches; empty: [policy] default
  unanswered @4 :Text;        # what a question gets that nobody answers; empty: as [policy] says
  when @5 :List(Text);        # its conditions as they are written
}

struct ProfilesView {
  inForce @0 :Text $Json.name("in_force");   # empty: none
  chosen @1 :Text;            # "auto" (by network), "none", or the name of the one that somebody chose
  since @2 :Text;             # when it came to be in force
  reason @3 :Text;            # in words
  profiles @4 :List(ProfileView);   # in the settings' order: of several that fit the first is taken
  known @5 :Bool;             # whether the resolver has told where this machine is
  attachment @6 :Attachment;
}
