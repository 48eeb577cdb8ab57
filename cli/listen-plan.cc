// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/listen-plan.h"

#include "cli/endpoint.h"
#include "cli/failure.h"
#include "common/dns-place.h"
#include "common/list-source.h"

#include <kj/debug.h>

namespace portreeve::cli {
namespace {

// By address family: IPv6, IPv4.
constexpr kj::StringPtr DNS_UDP[] = {"portreeve-resolver-udp6.socket"_kj,
                                     "portreeve-resolver-udp4.socket"_kj};
constexpr kj::StringPtr DNS_TCP[] = {"portreeve-resolver-tcp6.socket"_kj,
                                     "portreeve-resolver-tcp4.socket"_kj};
constexpr kj::StringPtr HTTP[] = {"portreeve-gateway-http6.socket"_kj,
                                  "portreeve-gateway-http4.socket"_kj};
constexpr kj::StringPtr INSTALLED_DNS[] = {"[::1]:53"_kj, "127.0.0.1:53"_kj};
constexpr kj::StringPtr INSTALLED_HTTP[] = {"[::1]:817"_kj, "127.0.0.1:817"_kj};
// Whoever has to know where the resolver listens: the kernel's redirect, the built-in rules.
constexpr kj::StringPtr TOLD[] = {"portreeve-keeper.service"_kj, "portreeve-policy.service"_kj,
                                  "portreeve-resolver.service"_kj, "portreeve-rules.service"_kj};

constexpr kj::StringPtr LISTS_PATH = "portreeve-lists.path"_kj;
constexpr kj::StringPtr WATCHED_FOLDER = "/etc/portreeve/"_kj;

struct Place {
  Address address;
  uint16_t port;

  kj::String toString() const { return endpointText(address.toString(), port); }
};

Place requirePlace(kj::StringPtr text, kj::StringPtr key) {
  auto endpoint = requireListenEndpoint(text, key);
  auto& address = KJ_ASSERT_NONNULL(endpoint.address);
  if (address.isUnspecified())
    throw Failure(FAILED, key, ": \"", text,
                  "\" is every address of the machine: name each one that is meant");
  return Place{address, endpoint.port};
}

kj::Vector<Place> placesOf(const kj::Vector<kj::String>& listen, kj::StringPtr key, bool v4) {
  kj::Vector<Place> places;
  for (auto& text : listen) {
    auto place = requirePlace(text, key);
    if (place.address.isV4() == v4) places.add(place);
  }
  return places;
}

kj::String withoutPid(kj::StringPtr holder) {
  // "dnsmasq (pid 7, /usr/sbin/dnsmasq)": what is kept in a file is no other file at the next boot.
  constexpr kj::StringPtr BEFORE = "(pid "_kj;
  for (size_t start = 0; start + BEFORE.size() <= holder.size(); start++) {
    if (!holder.slice(start).startsWith(BEFORE)) continue;
    size_t end = start + BEFORE.size();
    while (end < holder.size() && holder[end] >= '0' && holder[end] <= '9') end++;
    if (holder.slice(end).startsWith(", "))
      return kj::str(holder.slice(0, start), '(', holder.slice(end + 2));
    if (start > 0 && holder.slice(end).startsWith(")"))
      return kj::str(holder.slice(0, start - 1), holder.slice(end + 1));
  }
  return kj::str(holder);
}

bool liesInWatchedFolder(kj::StringPtr path) {
  // portreeve-lists.path watches what is right in it.
  return path.startsWith(WATCHED_FOLDER) &&
         path.slice(WATCHED_FOLDER.size()).findFirst('/') == nullptr;
}

kj::String escapedSpecifiers(kj::StringPtr path) {
  // PathChanged= takes a path to the end of the line, unquoted.
  kj::Vector<char> escaped;
  for (char c : path) {
    if (c == '\n' || c == '\r')
      throw Failure(FAILED, "a list's source has a line break in its name: \"", path, '"');
    if (c == '%') escaped.add('%');
    escaped.add(c);
  }
  return kj::heapString(escaped.begin(), escaped.size());
}

class Planning {
public:
  explicit Planning(HolderOfPlace& holderOf) : holderOf(holderOf) {}

  void dns(const kj::Vector<kj::String>& listen) {
    if (listen.empty()) throw Failure(FAILED, "resolver.listen names no address");
    for (bool v4 : {true, false}) {
      auto wanted = placesOf(listen, "resolver.listen", v4);
      auto places = whereFree(wanted, v4);
      addSocket(DNS_UDP[v4], Transport::UDP, places, INSTALLED_DNS[v4], "resolver.listen", v4);
      addSocket(DNS_TCP[v4], Transport::TCP, places, INSTALLED_DNS[v4], "resolver.listen", v4);
      for (auto& place : places) listensOn.add(place.toString());
    }
    for (auto unit : TOLD) plan.dropIns.add(DropIn{unit, toldText()});
  }

  void web(const kj::Vector<kj::String>& listen) {
    if (listen.empty()) throw Failure(FAILED, "gateway.listen names no address");
    for (bool v4 : {true, false}) {
      auto places = placesOf(listen, "gateway.listen", v4);
      for (auto& place : places)
        KJ_IF_MAYBE (holder, holderOf(Transport::TCP, place.address, place.port))
          plan.problems.add(kj::str("TCP ", place.toString(), " is held by ", *holder,
                                    ": stop it, or change gateway.listen in portreeve.toml"));
      addSocket(HTTP[v4], Transport::TCP, places, INSTALLED_HTTP[v4], "gateway.listen", v4);
    }
  }

  void listFiles(const kj::Vector<Settings::List>& lists) {
    kj::String lines;
    for (auto& list : lists)
      for (auto& source : list.sources) {
        auto path = pathOf(source);
        if (path.startsWith("/") && !liesInWatchedFolder(path))
          lines = kj::str(lines, "PathChanged=", escapedSpecifiers(path), '\n');
      }
    if (lines.size() > 0)
      lines = kj::str(DROP_IN_MARK, "from the lists in portreeve.toml.\n[Path]\n", lines);
    plan.dropIns.add(DropIn{LISTS_PATH, kj::mv(lines)});
  }

  ListenPlan finish() { return kj::mv(plan); }

private:
  HolderOfPlace& holderOf;
  ListenPlan plan;
  kj::Vector<kj::String> listensOn, held;

  struct Held {
    kj::String place;   // "UDP 127.0.0.1:53"
    kj::String holder;  // in words
  };

  kj::Maybe<Held> heldByAnother(const Place& place) {
    for (auto transport : {Transport::UDP, Transport::TCP})
      KJ_IF_MAYBE (holder, holderOf(transport, place.address, place.port))
        return Held{kj::str(toText(transport), ' ', place.toString()), kj::mv(*holder)};
    return nullptr;
  }

  kj::Maybe<Place> spare(bool v4) {
    for (auto text : SPARE_DNS_PLACES) {
      auto place = requirePlace(text, "resolver.listen");
      if (place.address.isV4() == v4 && heldByAnother(place) == nullptr) return place;
    }
    return nullptr;
  }

  kj::Vector<Place> whereFree(const kj::Vector<Place>& wanted, bool v4) {
    // One spare place is enough for all that are held: the kernel turns all questions there.
    kj::Vector<Place> places;
    kj::Maybe<kj::String> instead;
    for (auto& place : wanted) {
      auto found = heldByAnother(place);
      KJ_IF_MAYBE (taken, found) {
        if (instead == nullptr) {
          KJ_IF_MAYBE (free, spare(v4)) {
            places.add(*free);
            instead = free->toString();
          } else {
            plan.problems.add(kj::str(taken->place, " is held by ", taken->holder,
                                      ", and so is each spare place: stop it, or change "
                                      "resolver.listen in portreeve.toml"));
            continue;
          }
        }
        plan.moved.add(kj::str(taken->place, " is held by ", taken->holder, ": the resolver takes ",
                               KJ_ASSERT_NONNULL(instead),
                               " instead, and the kernel turns questions there"));
        held.add(kj::str(taken->place, " is held by ", withoutPid(taken->holder)));
      } else {
        places.add(place);
      }
    }
    return places;
  }

  void addSocket(kj::StringPtr unit, Transport transport, const kj::Vector<Place>& places,
                 kj::StringPtr installed, kj::StringPtr key, bool v4) {
    for (auto& place : places)
      plan.places.add(ListenPlace{unit, transport, place.address, place.port});
    bool asInstalled = places.size() == 1 && places[0].toString() == installed;
    plan.dropIns.add(
        DropIn{unit, asInstalled ? kj::String() : socketText(transport, places, key, v4)});
  }

  static kj::String socketText(Transport transport, const kj::Vector<Place>& places,
                               kj::StringPtr key, bool v4) {
    kj::Vector<kj::String> lines;
    lines.add(kj::str(DROP_IN_MARK, "from ", key, " in portreeve.toml."));
    if (places.empty()) {
      // A socket unit without any address would be an error; one whose condition fails is none.
      lines.add(kj::str("# It names no ", v4 ? "IPv4" : "IPv6", " address."));
      lines.add(kj::str("[Unit]\nConditionPathExists=!/\n"));
      return kj::strArray(lines, "\n");
    }
    auto word = transport == Transport::TCP ? "ListenStream="_kj : "ListenDatagram="_kj;
    lines.add(kj::str("[Socket]\n", word));
    bool later = false;
    for (auto& place : places) {
      lines.add(kj::str(word, place.toString()));
      later = later || place.address.scope() != Scope::LOCALHOST;
    }
    if (later) lines.add(kj::str("# Its interface may come up later.\nFreeBind=yes"));
    lines.add(kj::String());
    return kj::strArray(lines, "\n");
  }

  kj::String toldText() const {
    if (held.empty()) return kj::String();
    auto variable = [](kj::StringPtr name, kj::StringPtr value) {
      return kj::str("Environment=", systemdQuoted(kj::str(name, '=', value)), '\n');
    };
    return kj::str(DROP_IN_MARK, "since another program holds an address of resolver.listen.\n",
                   "[Service]\n", variable(DNS_LISTEN_VARIABLE, kj::strArray(listensOn, " ")),
                   variable(DNS_HELD_VARIABLE, kj::strArray(held, ", ")));
  }
};

}  // namespace

kj::String systemdQuoted(kj::StringPtr text) {
  kj::Vector<char> quoted;
  quoted.add('"');
  for (char c : text) {
    if (c == '"' || c == '\\') quoted.add('\\');
    if (c == '%') quoted.add('%');
    bool plain = c >= ' ' && c <= '~';
    quoted.add(plain ? c : '?');
  }
  quoted.add('"');
  return kj::heapString(quoted.begin(), quoted.size());
}

kj::String ListenPlace::toString() const {
  return kj::str(toText(transport), ' ', endpointText(address.toString(), port));
}

ListenPlan planListening(const Settings& settings, HolderOfPlace& holderOf) {
  Planning planning(holderOf);
  planning.dns(settings.resolver.listen);
  planning.web(settings.gateway.listen);
  planning.listFiles(settings.lists);
  return planning.finish();
}

}  // namespace portreeve::cli
