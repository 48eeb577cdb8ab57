// SPDX-License-Identifier: GPL-3.0-or-later
// Portmaster's exported profiles and settings (JSON): the lists of endpoint rules "+ example.org
// TCP/443", asked in order, and the default action.
#include "cli/foreign-json.h"
#include "cli/import-formats.h"
#include "cli/text-file.h"
#include "common/address.h"

namespace portreeve::cli {
namespace {

kj::Maybe<JsonValue::Reader> setting(JsonValue::Reader config, kj::StringPtr section,
                                     kj::StringPtr key) {
  // Flat ("filter/endpoints") or nested.
  KJ_IF_MAYBE (flat, member(config, kj::str(section, '/', key))) return *flat;
  KJ_IF_MAYBE (inner, member(config, section)) return member(*inner, key);
  return nullptr;
}

bool isUpperWord(kj::StringPtr text, size_t length) {
  if (text.size() != length) return false;
  for (char c : text)
    if (c < 'A' || c > 'Z') return false;
  return true;
}

class Endpoint {
  // One line of a list.
public:
  Endpoint(kj::StringPtr text, kj::StringPtr profile, bool incoming)
      : words(wordsOf(text)),
        allows(!words.empty() && words[0] == "+"),
        rule(kj::str(profile, ": ", text), allows ? "allow" : "block") {
    rule.text("direction", incoming ? "in" : "out");
  }

  kj::Maybe<kj::String> whyNot() {
    if (words.size() < 2 || words.size() > 3 || (words[0] != "+" && words[0] != "-"))
      return kj::str("it is no endpoint rule of a known form");
    auto wrong = entity(words[1]);
    if (wrong != nullptr || words.size() == 2) return wrong;
    return service(words[2]);
  }

private:
  kj::Vector<kj::String> words;
  bool allows;

public:
  ForeignRule rule;

private:
  kj::Maybe<kj::String> entity(kj::StringPtr text) {
    if (text == "*") return nullptr;
    if (Network::parse(text) != nullptr) {
      rule.text("address", text);
    } else if (text == "Localhost" || text == "LAN" || text == "Internet") {
      auto lower = kj::str(text);
      for (char& c : lower) c = char(c | 0x20);
      rule.text("scope", lower);
    } else if (text.startsWith("L:")) {
      return kj::str("filter list ", text,
                     ": lists of this firewall are named by you: list = \"…\"");
    } else if (text.startsWith("AS") && text.size() > 2 && text[2] >= '0' && text[2] <= '9') {
      rule.line("asn", text.slice(2));
    } else if (isUpperWord(text, 2)) {
      rule.text("country", text);
    } else if (text.startsWith("C:")) {
      return kj::str("continent ", text, ": there are countries only");
    } else {
      return domain(text);
    }
    return nullptr;
  }

  kj::Maybe<kj::String> domain(kj::StringPtr text) {
    size_t stars = 0;
    for (char c : text) stars += c == '*';
    if (stars == 0 || (stars == 1 && text.startsWith("*."))) {
      rule.text("domain", text);
    } else {
      // "*ads*" and the like: as an expression over the whole name.
      kj::Vector<char> expression;
      expression.addAll("/^"_kj);
      for (char c : text) {
        if (c == '*')
          expression.add('.');
        else if (c == '.')
          expression.add('\\');
        expression.add(c);
      }
      expression.addAll("$/"_kj);
      rule.text("domain", kj::heapString(expression.begin(), expression.size()));
    }
    return nullptr;
  }

  kj::Maybe<kj::String> service(kj::StringPtr text) {
    auto slash = text.findFirst('/');
    auto protocol = kj::str(text.slice(0, slash.orDefault(text.size())));
    for (char& c : protocol)
      if (c >= 'A' && c <= 'Z') c = char(c | 0x20);
    if (protocol != "*") rule.text("protocol", protocol);
    KJ_IF_MAYBE (at, slash) {
      auto port = text.slice(*at + 1);
      if (port == "*") return nullptr;
      static constexpr struct {
        kj::StringPtr name, number;
      } SERVICES[] = {
          {"HTTP"_kj, "80"_kj}, {"HTTPS"_kj, "443"_kj}, {"DNS"_kj, "53"_kj}, {"SSH"_kj, "22"_kj}};
      for (auto& known : SERVICES)
        if (port == known.name) port = known.number;
      rule.text("port", port);
    }
    return nullptr;
  }
};

class Reader {
public:
  Reader(kj::StringPtr file, Conversion& into) : json(file), file(file), into(into) {}

  void read() {
    profile(json.root());
    KJ_IF_MAYBE (list, member(json.root(), "profiles")) {
      if (list->isArray())
        for (auto one : list->getArray()) profile(one);
    }
    into.remark(
        "Portmaster's switches (block the internet, the LAN, peer to peer, …), its filter lists "
        "and SPN settings are not converted");
    into.remark("rules by country or autonomous system need [databases] in your rules");
  }

private:
  ForeignJson json;
  kj::StringPtr file;
  Conversion& into;

  void profile(JsonValue::Reader from) {
    auto name = textOf(from, "name");
    if (name.size() == 0) name = kj::str("Portmaster");
    auto paths = pathsOf(from, name);
    KJ_IF_MAYBE (programs, paths) {
      KJ_IF_MAYBE (config, member(from, "config")) {
        endpoints(*config, "endpoints", name, *programs, false);
        endpoints(*config, "serviceEndpoints", name, *programs, true);
        defaultAction(*config, name, *programs);
      }
    }
  }

  kj::Maybe<kj::Vector<kj::String>> pathsOf(JsonValue::Reader from, kj::StringPtr name) {
    kj::Vector<kj::String> paths;
    auto list = member(from, "fingerprints");
    if (list == nullptr) return kj::mv(paths);  // of all programs: settings
    KJ_IF_MAYBE (prints, list) {
      if (prints->isArray())
        for (auto one : prints->getArray()) {
          auto value = textOf(one, "value");
          auto operation = textOf(one, "operation");
          if (textOf(one, "type") != "path")
            into.leaveOut(kj::str(file, ": ", name),
                          kj::str("a fingerprint by ", textOf(one, "type")));
          else if (operation == "equals")
            paths.add(literalGlob(value));
          else if (operation == "prefix")
            paths.add(kj::str(literalGlob(value), "**"));
          else
            into.leaveOut(kj::str(file, ": ", name),
                          kj::str("a path told by ", operation, " (", value, ')'));
        }
    }
    if (paths.empty()) return nullptr;
    return kj::mv(paths);
  }

  static void setPaths(ForeignRule& rule, kj::ArrayPtr<const kj::String> paths) {
    if (paths.size() == 0) return;
    auto all = KJ_MAP(path, paths) {
      return quotedToml(path);
    };
    rule.line("process", kj::str("{ path = [", kj::strArray(all, ", "), "] }"));
  }

  void endpoints(JsonValue::Reader config, kj::StringPtr key, kj::StringPtr name,
                 kj::ArrayPtr<const kj::String> paths, bool incoming) {
    KJ_IF_MAYBE (list, setting(config, "filter", key)) {
      if (!list->isArray()) return;
      unsigned number = 0;
      for (auto one : list->getArray()) {
        auto origin = kj::str(file, ": ", name, ", ", key, ' ', ++number);
        if (!one.isString()) {
          into.leaveOut(origin, "it is no text");
          continue;
        }
        Endpoint endpoint(one.getString(), name, incoming);
        KJ_IF_MAYBE (why, endpoint.whyNot()) {
          into.leaveOut(origin, kj::str('"', one.getString(), "\": ", *why));
          continue;
        }
        setPaths(endpoint.rule, paths);
        into.add(origin, kj::mv(endpoint.rule));
      }
    }
  }

  void defaultAction(JsonValue::Reader config, kj::StringPtr name,
                     kj::ArrayPtr<const kj::String> paths) {
    KJ_IF_MAYBE (value, setting(config, "filter", "defaultAction")) {
      auto origin = kj::str(file, ": ", name, ", defaultAction");
      kj::StringPtr action = value->isString() ? value->getString() : ""_kj;
      if (action != "permit" && action != "block")
        return into.leaveOut(origin, kj::str("\"", action, "\" has no counterpart"));
      ForeignRule rule(kj::str(name, ": the rest"), action == "permit" ? "allow" : "block");
      rule.text("direction", "out");
      setPaths(rule, paths);
      into.add(origin, kj::mv(rule));
    }
  }
};

}  // namespace

void importPortmaster(kj::StringPtr file, Conversion& into) {
  Reader(file, into).read();
}

}  // namespace portreeve::cli
