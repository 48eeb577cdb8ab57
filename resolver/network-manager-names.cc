// SPDX-License-Identifier: GPL-3.0-or-later
#include "resolver/bus-names.h"

#include <kj/debug.h>

#include <algorithm>
#include <vector>

namespace portreeve::resolver {
namespace {

constexpr auto SERVICE = "org.freedesktop.NetworkManager"_kj;
constexpr auto PATH = "/org/freedesktop/NetworkManager/DnsManager"_kj;
constexpr auto INTERFACE = "org.freedesktop.NetworkManager.DnsManager"_kj;
constexpr auto PROPERTIES = "org.freedesktop.DBus.Properties"_kj;

struct Entry {
  kj::Vector<kj::String> servers, domains;
  kj::String interface;
  int32_t priority = 100;
  bool vpn = false;
};

void read(int result) {
  if (result < 0) KJ_FAIL_REQUIRE("D-Bus: NetworkManager answers in another form");
}

void readTexts(sd_bus_message* message, kj::Vector<kj::String>& out) {
  read(sd_bus_message_enter_container(message, 'v', "as"));
  read(sd_bus_message_enter_container(message, 'a', "s"));
  const char* text = nullptr;
  while (sd_bus_message_read(message, "s", &text) > 0) out.add(kj::str(text));
  read(sd_bus_message_exit_container(message));
  read(sd_bus_message_exit_container(message));
}

Entry readEntry(sd_bus_message* message) {
  Entry entry;
  eachEntry(message, [&](kj::StringPtr key) {
    if (key == "nameservers") {
      readTexts(message, entry.servers);
    } else if (key == "domains") {
      readTexts(message, entry.domains);
    } else if (key == "interface") {
      const char* text = nullptr;
      read(sd_bus_message_read(message, "v", "s", &text));
      entry.interface = kj::str(text);
    } else if (key == "priority") {
      read(sd_bus_message_read(message, "v", "i", &entry.priority));
    } else if (key == "vpn") {
      int value = 0;
      read(sd_bus_message_read(message, "v", "b", &value));
      entry.vpn = value != 0;
    } else {
      return false;
    }
    return true;
  });
  return entry;
}

std::vector<Entry> readConfiguration(sd_bus_message* message) {
  std::vector<Entry> entries;
  read(sd_bus_message_enter_container(message, 'v', "aa{sv}"));
  read(sd_bus_message_enter_container(message, 'a', "a{sv}"));
  while (sd_bus_message_at_end(message, 0) == 0) entries.push_back(readEntry(message));
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.priority < b.priority; });
  // NetworkManager.conf(5), dns-priority: a negative one leaves out all that come behind it.
  if (!entries.empty() && entries[0].priority < 0)
    std::erase_if(entries, [best = entries[0].priority](const Entry& entry) {
      return entry.priority > best;
    });
  return entries;
}

LinkServers toLink(const Entry& entry) {
  LinkServers link;
  link.origin = entry.interface.size() == 0 ? kj::str("NetworkManager")
                                            : kj::str("NetworkManager, ", entry.interface);
  for (auto& text : entry.servers) {
    bool bare = text.findFirst('%') == nullptr && text.startsWith("fe80:");
    auto address = bare ? kj::str(text, '%', entry.interface) : kj::str(text);
    KJ_IF_MAYBE (server, Upstream::plain(address)) link.servers.add(kj::mv(*server));
  }
  bool everything = false, any = false;
  for (kj::StringPtr domain : entry.domains) {
    bool routing = domain.startsWith("~");
    if (routing) domain = domain.slice(1);
    KJ_IF_MAYBE (zone, Name::parse(domain)) {
      any = true;
      if (zone->wire().size() == 1)
        everything = true;
      else if (routing || entry.vpn)
        link.zones.add(kj::mv(*zone));
    }
  }
  link.forAll = everything || !entry.vpn || !any;
  return link;
}

}  // namespace

kj::Promise<NetworkServers> askNetworkManager(SystemBus& bus) {
  return bus.call({SERVICE, PATH, PROPERTIES, "Get"}, INTERFACE, "Configuration")
      .then([](BusMessage&& answer) {
        NetworkServers given;
        for (auto& entry : readConfiguration(answer)) given.links.add(toLink(entry));
        return given;
      });
}

void watchBusNames(SystemBus& bus, kj::Function<void()>& changed) {
  struct Watched {
    kj::StringPtr service, path;
  };
  for (auto& one : {Watched{"org.freedesktop.resolve1"_kj, "/org/freedesktop/resolve1"_kj},
                    Watched{SERVICE, PATH}}) {
    bus.watch(kj::str("type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',"
                      "arg0='",
                      one.service, '\''),
              [&changed]() { changed(); });
    bus.watch(kj::str("type='signal',sender='", one.service,
                      "',interface='org.freedesktop.DBus.Properties',"
                      "member='PropertiesChanged',path_namespace='",
                      one.path, '\''),
              [&changed]() { changed(); });
  }
}

}  // namespace portreeve::resolver
