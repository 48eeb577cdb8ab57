// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/dns64.h"

#include <doctest/doctest.h>
#include <kj/debug.h>

#include <map>

namespace portreeve::resolver {
namespace {

Address address(kj::StringPtr text) {
  return KJ_ASSERT_NONNULL(Address::parse(text));
}

class Names final : public NameSource {
public:
  std::map<std::pair<std::string, uint16_t>, std::string> known;  // addresses, apart by blanks
  kj::Maybe<ExtendedError::Code> failing;                         // AAAA alone

  kj::Promise<Resolved> resolve(const Lookup& lookup) override {
    auto& question = lookup.question;
    Answer answer;
    KJ_IF_MAYBE (code, failing) {
      if (question.type == TYPE_AAAA) {
        answer.rcode = RCODE_SERVFAIL;
        return Resolved{kj::mv(answer), ExtendedError{*code, kj::str("so it is")}};
      }
    }
    auto found = known.find({question.name.text().cStr(), question.type});
    if (found != known.end()) {
      auto one = address(found->second.c_str());
      auto* octets = reinterpret_cast<const char*>(one.bytes.data());
      answer.answer.push_back({question.name, question.type, CLASS_IN, 60,
                               one.isV4() ? std::string(octets + 12, 4) : std::string(octets, 16)});
    }
    return Resolved{kj::mv(answer), nullptr};
  }
};

struct Translated {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};
  Names names, network;
  Dns64 dns64{names, network, timer};

  explicit Translated(const char* wellKnown = "64:ff9b::192.0.0.170") {
    if (wellKnown != nullptr) network.known[{"ipv4only.arpa", TYPE_AAAA}] = wellKnown;
    names.known[{"old.example", TYPE_A}] = "192.0.2.33";
    names.known[{"new.example", TYPE_A}] = "192.0.2.34";
    names.known[{"new.example", TYPE_AAAA}] = "2001:db8::34";
    dns64.discover();
    scope.poll();
  }

  kj::String ask(kj::StringPtr name, bool validatesItself = false) {
    Lookup lookup{
        {KJ_ASSERT_NONNULL(Name::parse(name)), TYPE_AAAA}, validatesItself, validatesItself};
    auto resolved = dns64.resolve(lookup).wait(scope);
    auto texts = KJ_MAP(one, given(lookup.question, resolved.answer).addresses) {
      return one.toString();
    };
    return kj::strArray(texts, " ");
  }
};

}  // namespace

TEST_CASE("an address behind a translator's prefix is made as RFC 6052 has it, and taken apart") {
  auto v4 = address("192.0.2.33");
  struct Example {
    const char *known, *made;
    uint8_t length;
  };
  for (auto& one : {Example{"2001:db8:c000:aa::", "2001:db8:c000:221::", 32},
                    Example{"2001:db8:1c0:0:aa::", "2001:db8:1c0:2:21::", 40},
                    Example{"2001:db8:122:c000:0:aa00::", "2001:db8:122:c000:2:2100::", 48},
                    Example{"2001:db8:122:3c0:0:aa::", "2001:db8:122:3c0:0:221::", 56},
                    Example{"2001:db8:122:344:c0:0:aa00:0", "2001:db8:122:344:c0:2:2100::", 64},
                    Example{"2001:db8:122:344::192.0.0.171", "2001:db8:122:344::192.0.2.33", 96}}) {
    CAPTURE(one.known);
    auto prefix = KJ_ASSERT_NONNULL(TranslationPrefix::of(address(one.known)));
    CHECK(prefix.length == one.length);
    CHECK(prefix.embed(v4).toString() == address(one.made).toString());
  }
  CHECK(TranslationPrefix::of(address("2001:db8::1")) == nullptr);
}

TEST_CASE("where the network translates, a name with only an IPv4 address gets one of IPv6") {
  Translated t;
  CHECK(t.ask("old.example") == "64:ff9b::c000:221");
  CHECK(t.ask("new.example") == "2001:db8::34");
  CHECK(t.ask("none.example") == "");
}

TEST_CASE("where it does not translate, nothing is made up") {
  Translated t(nullptr);
  CHECK(t.ask("old.example") == "");
}

TEST_CASE("what the network's server made up is made anew of what is signed") {
  Translated t;
  t.names.known[{"old.example", TYPE_AAAA}] = "64:ff9b::1.2.3.4";
  CHECK(t.ask("old.example") == "64:ff9b::c000:221");
  t.names.failing = ExtendedError::DNSSEC_BOGUS;
  CHECK(t.ask("old.example") == "64:ff9b::c000:221");
  t.names.failing = ExtendedError::NO_REACHABLE_AUTHORITY;
  CHECK(t.ask("old.example") == "");
}

TEST_CASE("a client that validates itself is told the truth") {
  Translated t;
  CHECK(t.ask("old.example", true) == "");
}

TEST_CASE("a prefix that is gone with the network is used no more") {
  Translated t;
  t.network.known.clear();
  t.dns64.discover();
  t.scope.poll();
  CHECK(t.ask("old.example") == "");
}

}  // namespace portreeve::resolver
