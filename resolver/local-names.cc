// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/local-names.h"

#include <kj/debug.h>
#include <kj/vector.h>

namespace portreeve::resolver {
namespace {

constexpr uint32_t LOCALHOST_TTL = 86400;

std::string loopback(uint16_t type) {
  if (type == TYPE_A) return {127, 0, 0, 1};
  std::string data(16, '\0');
  data.back() = 1;
  return data;
}

class Zones {
public:
  Zones(std::initializer_list<const char*> texts) {
    for (auto text : texts) names.add(KJ_ASSERT_NONNULL(Name::parse(text)));
  }
  bool hold(const Name& name) const {
    for (auto& zone : names)
      if (name.isWithin(zone)) return true;
    return false;
  }

private:
  kj::Vector<Name> names;
};

bool hasOneLabel(const Name& name) {
  auto wire = name.wire();
  return wire.size() > 1 && wire.size() == size_t(wire[0]) + 2;
}

}  // namespace

Answer noSuchName() {
  Answer answer;
  answer.rcode = RCODE_NXDOMAIN;
  return answer;
}

kj::Maybe<Answer> LocalNames::answer(const Question& question) const {
  static const Zones LOCALHOST{"localhost"};
  static const Zones NOWHERE{"invalid", "onion", "alt"};
  KJ_IF_MAYBE (known, hosts.answer(question)) return kj::mv(*known);
  if (NOWHERE.hold(question.name)) return noSuchName();
  if (!LOCALHOST.hold(question.name)) return nullptr;
  Answer answer;
  if (question.type == TYPE_A || question.type == TYPE_AAAA)
    answer.answer.push_back(
        {question.name, question.type, CLASS_IN, LOCALHOST_TTL, loopback(question.type)});
  return kj::mv(answer);
}

kj::Maybe<Answer> answerCanary(const Question& question) {
  static const Zones FIREFOX{"use-application-dns.net"};
  static const Zones DISCOVERY{"resolver.arpa"};
  if (FIREFOX.hold(question.name)) return noSuchName();
  if (DISCOVERY.hold(question.name)) return Answer();
  return nullptr;
}

bool isMulticast(const Name& name) {
  static const Zones LINK{"local",          "254.169.in-addr.arpa", "8.e.f.ip6.arpa",
                          "9.e.f.ip6.arpa", "a.e.f.ip6.arpa",       "b.e.f.ip6.arpa"};
  return LINK.hold(name);
}

bool isPrivate(const Question& question) {
  static const Zones PRIVATE{
      // Addresses: this machine, private ones (RFC 1918, 4193), those for examples.
      "0.in-addr.arpa", "127.in-addr.arpa", "10.in-addr.arpa", "168.192.in-addr.arpa",
      "16.172.in-addr.arpa", "17.172.in-addr.arpa", "18.172.in-addr.arpa", "19.172.in-addr.arpa",
      "20.172.in-addr.arpa", "21.172.in-addr.arpa", "22.172.in-addr.arpa", "23.172.in-addr.arpa",
      "24.172.in-addr.arpa", "25.172.in-addr.arpa", "26.172.in-addr.arpa", "27.172.in-addr.arpa",
      "28.172.in-addr.arpa", "29.172.in-addr.arpa", "30.172.in-addr.arpa", "31.172.in-addr.arpa",
      "2.0.192.in-addr.arpa", "100.51.198.in-addr.arpa", "113.0.203.in-addr.arpa",
      "255.255.255.255.in-addr.arpa", "c.f.ip6.arpa", "d.f.ip6.arpa", "8.b.d.0.1.0.0.2.ip6.arpa",
      "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
      // Names
      "test", "home.arpa", "internal", "intranet", "private", "corp", "home", "lan", "localdomain"};
  bool address = question.type == TYPE_A || question.type == TYPE_AAAA ||
                 question.type == TYPE_SVCB || question.type == TYPE_HTTPS;
  // Other types of one label ask about a top-level domain.
  return (address && hasOneLabel(question.name)) || PRIVATE.hold(question.name);
}

}  // namespace portreeve::resolver
