// SPDX-License-Identifier: GPL-3.0-or-later
// A question as a desktop notification: title, body, buttons, and the answer that a button means.
#pragma once

#include "proto/prompt.capnp.h"

#include <kj/string.h>
#include <kj/vector.h>

namespace portreeve::notify {

struct Button {
  kj::String key;    // "allow once domain": what Prompts.answer takes
  kj::String label;  // for the person
};

struct Notification {
  kj::String summary;
  kj::String body;  // with markup characters escaped where `markup`
  kj::Vector<Button> buttons;
  int32_t timeoutMs = 0;  // how long it stays: as long as something waits, else until it is closed
};

struct Capabilities {
  // What the notification daemon can do (GetCapabilities).
  bool actions = true;
  bool markup = false;  // "body-markup"
};

Notification describe(proto::Prompt::Reader prompt, Capabilities capabilities);
// Printable, whatever a program is called: control characters are left out.

struct Answer {
  kj::String action, lifetime, scope;
};
kj::Maybe<Answer> answerOf(kj::StringPtr key);  // nullptr: none of our buttons

}  // namespace portreeve::notify
