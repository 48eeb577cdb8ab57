@0x9d1f6a7be2c84417;
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Tokens for scripts and Prometheus: long-lived keys to the API on :817, narrower than a person's session. Policy mints them
# and keeps their SHA-256 alone (state folder, policy/tokens.toml); they survive a restart. A token is good for the
# programs of one user, in one role, until it expires or is revoked.

using Cxx = import "/capnp/c++.capnp";
using Json = import "/capnp/compat/json.capnp";
$Cxx.namespace("portreeve::proto");

struct TokenView {
  # As JSON, as everything in view.capnp.
  id @0 :UInt32;                 # from 1; never given twice
  name @1 :Text;
  uid @2 :UInt32;                # whose programs may show it
  user @3 :Text;
  role @4 :Text;                 # observe, answer, change
  created @5 :Text;
  expires @6 :Text;
  lastUsed @7 :Text $Json.name("last_used");   # since policy started; empty: not
  by @8 :Text;                   # who had it made: "alice"
}

struct TokenWanted {
  name @0 :Text;                 # 1 to 64 bytes, no control characters; one that its user does not have yet
  role @1 :Text;
  lifetimeSeconds @2 :UInt32 $Json.name("lifetime_seconds");   # 60 to 31,622,400 (366 days)
  user @3 :Text;                 # name or uid; empty: whoever asks
}

interface Tokens {
  # Held by a person's command or session: his own tokens, root's those of all.
  create @0 (wanted :TokenWanted) -> (token :Text, view :TokenView);
  # The token is told this once. Nobody gives a role that he does not have, and only root names another user. FAILED in words
  # where that is not so, and past 64 tokens of a user or 1,024 of all.

  list @1 () -> (tokens :List(TokenView));
  revoke @2 (id :UInt32);
  # At once: what was opened with it ends. FAILED where there is none of that number (any more), or it is another's.
}

interface TokenValidity {
  ended @0 ();
  # Resolves when the token is revoked or has expired. Dropping the capability stops the waiting.
}
