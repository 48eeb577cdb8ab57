// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/host-rules.h"

#include <string.h>

namespace portreeve {
namespace {

struct Line {
  kj::ArrayPtr<const char> text;

  bool startsWith(kj::StringPtr word) const {
    return text.size() >= word.size() && text.slice(0, word.size()) == word.asArray();
  }
  bool endsWith(kj::StringPtr word) const {
    return text.size() >= word.size() &&
           text.slice(text.size() - word.size(), text.size()) == word.asArray();
  }
  bool has(kj::StringPtr word) const {
    return memmem(text.begin(), text.size(), word.begin(), word.size()) != nullptr;
  }
  bool isRuleOf(kj::StringPtr chain) const {
    return startsWith("-A "_kj) && Line{text.slice(3, text.size())}.startsWith(chain);
  }
};

void keepFirst(kj::Maybe<kj::String>& place, kj::StringPtr table, const Line& line) {
  if (place == nullptr) place = kj::str(table, ": ", line.text);
}

class Reader {
public:
  void take(const Line& line) {
    if (line.startsWith("*"_kj)) {
      inFilter = line.endsWith("*filter"_kj);
      inMangle = line.endsWith("*mangle"_kj);
      queued[0] = queued[1] = false;
    } else if (inFilter) {
      takeFilter(line);
    } else if (inMangle) {
      takeMangle(line);
    }
  }

  HostRules found;

private:
  bool inFilter = false, inMangle = false;
  bool queued[2] = {false, false};  // OUTPUT, INPUT: ours was met

  void takeFilter(const Line& line) {
    bool closed = line.startsWith(":INPUT DROP"_kj) || line.startsWith(":OUTPUT DROP"_kj);
    bool rule = line.isRuleOf("INPUT "_kj) || line.isRuleOf("OUTPUT "_kj);
    if (closed || (rule && !line.endsWith("-j C17"_kj)))
      keepFirst(found.passedOver, "filter"_kj, line);
  }

  void takeMangle(const Line& line) {
    bool in = line.isRuleOf("INPUT "_kj);
    if (!in && !line.isRuleOf("OUTPUT "_kj)) return;
    if (line.endsWith(in ? "-j C171"_kj : "-j C170"_kj)) queued[in] = true;
    bool ends =
        line.endsWith("-j ACCEPT"_kj) || line.has("-j QUEUE"_kj) || line.has("-j NFQUEUE"_kj);
    if (ends && !queued[in]) keepFirst(found.ahead, "mangle"_kj, line);
  }
};

}  // namespace

HostRules HostRules::in(kj::StringPtr saved) {
  Reader reader;
  const char* at = saved.begin();
  while (at < saved.end()) {
    auto end = static_cast<const char*>(memchr(at, '\n', size_t(saved.end() - at)));
    if (end == nullptr) end = saved.end();
    reader.take(Line{kj::arrayPtr(at, end)});
    at = end + 1;
  }
  return kj::mv(reader.found);
}

kj::String wordsOnPassedOver(kj::StringPtr rule) {
  return kj::str("this machine has iptables rules of its own (", rule,
                 "), and a packet that portreeve allows does not meet them: [interceptor] "
                 "host_rules = \"respect\" lets them have their say");
}

kj::String wordsOnAhead(kj::StringPtr rule) {
  return kj::str("a rule stands before portreeve's queue (", rule,
                 "): what it accepts is never asked about, and so it is dropped: take the rule "
                 "away, or have it jump to a chain that returns");
}

}  // namespace portreeve
