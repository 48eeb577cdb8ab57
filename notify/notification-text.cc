// SPDX-License-Identifier: GPL-3.0-or-later
#include "notify/notification-text.h"

namespace portreeve::notify {
namespace {

constexpr size_t LONGEST_TEXT = 200;  // bytes of what others chose

kj::String cleaned(kj::StringPtr text, bool markup) {
  kj::Vector<char> out;
  auto add = [&](kj::StringPtr piece) { out.addAll(piece); };
  for (size_t i = 0; i < text.size() && i < LONGEST_TEXT; i++) {
    char c = text[i];
    if (uint8_t(c) < 0x20 || c == 0x7f)
      add("?");
    else if (markup && c == '&')
      add("&amp;");
    else if (markup && c == '<')
      add("&lt;");
    else if (markup && c == '>')
      add("&gt;");
    else
      out.add(c);
  }
  // Not within a character.
  if (text.size() > LONGEST_TEXT)
    while (!out.empty() && (uint8_t(out.back()) & 0xc0) == 0x80) out.removeLast();
  if (text.size() > LONGEST_TEXT && !out.empty() && uint8_t(out.back()) >= 0xc0) out.removeLast();
  return kj::heapString(out.begin(), out.size());
}

kj::StringPtr lastPart(kj::StringPtr path) {
  KJ_IF_MAYBE (slash, path.findLast('/')) return path.slice(*slash + 1);
  return path;
}

kj::String placeOf(proto::Prompt::Reader prompt) {
  auto there = prompt.getDestination();
  if (prompt.getEverything()) return kj::str("many hosts");
  auto host = prompt.getDomain().size() > 0 ? prompt.getDomain() : there.getAddress();
  return there.getPort() == 0 ? kj::str(host)
                              : kj::str(host, ", ", there.getProtocol(), ' ', there.getPort());
}

bool has(capnp::List<capnp::Text>::Reader words, kj::StringPtr wanted) {
  for (auto word : words)
    if (word == wanted) return true;
  return false;
}

void addButtons(Notification& notification, proto::Prompt::Reader prompt) {
  // Some desktops show three alone: the two that go no further than this moment come first.
  auto scope = has(prompt.getScopes(), "domain") ? "domain"_kj : "host"_kj;
  auto add = [&](kj::StringPtr action, kj::StringPtr lifetime, kj::StringPtr label) {
    if (has(prompt.getLifetimes(), lifetime) && has(prompt.getActions(), action))
      notification.buttons.add(Button{kj::str(action, ' ', lifetime, ' ', scope), kj::str(label)});
  };
  add("allow", "once", "Allow once");
  add("block", "once", "Block once");
  add("allow", "always", "Always allow");
  add("block", "always", "Always block");
  add("allow", "exit", "Allow until it exits");
  add("allow", "5m", "Allow for 5 minutes");
}

}  // namespace

Notification describe(proto::Prompt::Reader prompt, Capabilities capabilities) {
  auto program = prompt.getProgram();
  bool out = prompt.getDirection() == "out";
  auto path = program.getPath().size() > 0 ? program.getPath() : program.getName();
  Notification notification;
  notification.summary =
      cleaned(kj::str(lastPart(path), out ? " wants to reach " : " is to be reached from ",
                      placeOf(prompt)),
              false);
  auto waits = prompt.getWaiting() > 0 ? kj::str("It waits ", uint64_t(prompt.getSecondsLeft()),
                                                 " s, then: ", prompt.getDefault())
                                       : kj::str("Until an answer: ", prompt.getDefault());
  auto how = capabilities.actions
                 ? kj::String()
                 : kj::str("\nAnswer with: portreeve ask ", uint64_t(prompt.getId()));
  notification.body = kj::str(cleaned(path, capabilities.markup), " (pid ", program.getPid(), ")\n",
                              prompt.getDestination().getAddress(), "\n", waits, how);
  if (capabilities.actions && prompt.getMayAnswer()) addButtons(notification, prompt);
  notification.timeoutMs = prompt.getWaiting() > 0 ? int32_t(prompt.getSecondsLeft() * 1000) : 0;
  return notification;
}

kj::Maybe<Answer> answerOf(kj::StringPtr key) {
  auto first = key.findFirst(' ');
  auto last = key.findLast(' ');
  KJ_IF_MAYBE (a, first) {
    size_t b = last.orDefault(0);
    if (*a == b) return nullptr;
    return Answer{kj::str(key.slice(0, *a)), kj::str(key.slice(*a + 1, b)),
                  kj::str(key.slice(b + 1))};
  }
  return nullptr;
}

}  // namespace portreeve::notify
