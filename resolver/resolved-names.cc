// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/bus-names.h"

#include <kj/debug.h>
#include <net/if.h>

#include <map>

namespace portreeve::resolver {
namespace {

constexpr auto SERVICE = "org.freedesktop.resolve1"_kj;
constexpr auto PATH = "/org/freedesktop/resolve1"_kj;
constexpr auto MANAGER = "org.freedesktop.resolve1.Manager"_kj;
constexpr auto LINK = "org.freedesktop.resolve1.Link"_kj;
constexpr auto PROPERTIES = "org.freedesktop.DBus.Properties"_kj;

struct Link {
  int32_t index = 0;  // 0: not of a link, but of resolved's own settings
  kj::Vector<Upstream> servers;
  kj::Vector<Name> zones;
  bool everything = false;  // a domain is "~."
  kj::Maybe<bool> defaultRoute;
};
using Links = std::map<int32_t, Link>;

void read(int result) {
  if (result < 0) KJ_FAIL_REQUIRE("D-Bus: systemd-resolved answers in another form");
}

void readServers(sd_bus_message* message, Links& links, bool extended) {
  const char* type = extended ? "iiayqs" : "iiay";
  read(sd_bus_message_enter_container(message, 'v', extended ? "a(iiayqs)" : "a(iiay)"));
  read(sd_bus_message_enter_container(message, 'a', extended ? "(iiayqs)" : "(iiay)"));
  while (sd_bus_message_enter_container(message, 'r', type) > 0) {
    int32_t index = 0, family = 0;
    const void* octets = nullptr;
    size_t size = 0;
    uint16_t port = 0;
    const char* name = "";
    read(sd_bus_message_read(message, "ii", &index, &family));
    read(sd_bus_message_read_array(message, 'y', &octets, &size));
    if (extended) read(sd_bus_message_read(message, "qs", &port, &name));
    read(sd_bus_message_exit_container(message));
    Upstream server;
    if (family == AF_INET && size == 4)
      server.address = Address::fromV4(octets);
    else if (family == AF_INET6 && size == 16)
      server.address = Address::fromV6(octets);
    else
      continue;
    server.port = port == 0 ? 53 : port;
    auto* first = static_cast<const uint8_t*>(octets);
    if (family == AF_INET6 && first[0] == 0xfe && (first[1] & 0xc0) == 0x80)
      server.link = uint32_t(index);
    links[index].servers.add(kj::mv(server));
  }
  read(sd_bus_message_exit_container(message));
  read(sd_bus_message_exit_container(message));
}

void readDomains(sd_bus_message* message, Links& links) {
  read(sd_bus_message_enter_container(message, 'v', "a(isb)"));
  read(sd_bus_message_enter_container(message, 'a', "(isb)"));
  int32_t index = 0;
  int routing = 0;
  const char* domain = nullptr;
  while (sd_bus_message_read(message, "(isb)", &index, &domain, &routing) > 0) {
    KJ_IF_MAYBE (zone, Name::parse(domain)) {
      if (zone->wire().size() == 1)
        links[index].everything = true;
      else
        links[index].zones.add(kj::mv(*zone));
    }
  }
  read(sd_bus_message_exit_container(message));
  read(sd_bus_message_exit_container(message));
}

Links readManager(sd_bus_message* message) {
  Links links;
  bool extended = false;
  eachEntry(message, [&](kj::StringPtr key) {
    if (key == "Domains") {
      readDomains(message, links);
    } else if (key == "DNSEx") {
      // The same servers as in "DNS", whichever comes first.
      for (auto& [index, link] : links) link.servers.clear();
      readServers(message, links, true);
      extended = true;
    } else if (key == "DNS" && !extended) {
      readServers(message, links, false);
    } else {
      return false;
    }
    return true;
  });
  return links;
}

kj::Promise<kj::Maybe<bool>> askDefaultRoute(SystemBus& bus, int32_t index) {
  return bus.call({SERVICE, PATH, MANAGER, "GetLink"}, index)
      .then([&bus](BusMessage&& answer) {
        const char* path = nullptr;
        read(sd_bus_message_read(answer, "o", &path));
        return bus.call({SERVICE, path, PROPERTIES, "Get"}, LINK, "DefaultRoute");
      })
      .then([](BusMessage&& answer) -> kj::Maybe<bool> {
        int value = 0;
        read(sd_bus_message_read(answer, "v", "b", &value));
        return value != 0;
      })
      // A resolved without that property, or a link that has just gone.
      .catch_([](kj::Exception&&) -> kj::Maybe<bool> { return nullptr; });
}

NetworkServers toServers(Links& links) {
  bool chosen = false;
  for (auto& [index, link] : links) chosen = chosen || (link.everything && !link.servers.empty());
  NetworkServers given;
  for (auto& [index, link] : links) {
    char name[IF_NAMESIZE];
    LinkServers out;
    out.origin = index == 0 ? kj::str("systemd-resolved")
                            : kj::str("systemd-resolved, ",
                                      if_indextoname(uint(index), name) == nullptr ? "?" : name);
    out.forAll = chosen       ? link.everything
                 : index == 0 ? true
                              : link.defaultRoute.orDefault(link.zones.empty());
    out.servers = kj::mv(link.servers);
    out.zones = kj::mv(link.zones);
    if (!out.servers.empty()) given.links.add(kj::mv(out));
  }
  return given;
}

}  // namespace

kj::Promise<NetworkServers> askResolved(SystemBus& bus) {
  return bus.call({SERVICE, PATH, PROPERTIES, "GetAll"}, MANAGER).then([&bus](BusMessage&& answer) {
    auto links = kj::heap<Links>(readManager(answer));
    kj::Vector<kj::Promise<void>> asked;
    for (auto& [index, link] : *links)
      if (index != 0 && !link.servers.empty())
        asked.add(askDefaultRoute(bus, index).then([&one = link](kj::Maybe<bool> is) {
          one.defaultRoute = is;
        }));
    return kj::joinPromises(asked.releaseAsArray())
        .then([&own = *links]() { return toServers(own); })
        .attach(kj::mv(links));
  });
}

}  // namespace portreeve::resolver
