// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/placement.h"

#include <ctype.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace portreeve::attributor {
namespace {

constexpr size_t MAX_TEXT_BYTES = 256;
constexpr size_t CONTAINER_ID = 64;  // hexadecimal digits, of OCI engines

bool startsWith(std::string_view& text, std::string_view start) {
  if (!text.starts_with(start)) return false;
  text.remove_prefix(start.size());
  return true;
}

bool endsWith(std::string_view& text, std::string_view end) {
  if (!text.ends_with(end)) return false;
  text.remove_suffix(end.size());
  return true;
}

bool isContainerId(std::string_view text) {
  return text.size() == CONTAINER_ID && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

kj::String toText(std::string_view text) {
  if (text.size() > MAX_TEXT_BYTES) return kj::String();
  return kj::heapString(text.data(), text.size());
}

std::string unescaped(std::string_view name) {
  // systemd's \xNN (systemd-escape(1)). groupsOf has left printable text: a backslash of its own
  // making stands for a byte that no unit has.
  std::string out;
  for (size_t i = 0; i < name.size(); i++) {
    bool escape = name.substr(i).starts_with("\\x") && i + 3 < name.size() &&
                  isxdigit(static_cast<unsigned char>(name[i + 2])) != 0 &&
                  isxdigit(static_cast<unsigned char>(name[i + 3])) != 0;
    int byte = escape ? std::stoi(std::string(name.substr(i + 2, 2)), nullptr, 16) : 0;
    if (byte < 0x20 || byte > 0x7e) {
      out.push_back(name[i]);
      continue;
    }
    out.push_back(char(byte));
    i += 3;
  }
  return out;
}

struct Engine {
  std::string_view prefix;  // of a group's name, before the container's id
  kj::StringPtr runtime;
};
constexpr Engine ENGINES[] = {
    {"docker-", "docker"_kj}, {"libpod-", "podman"_kj},      {"cri-containerd-", "containerd"_kj},
    {"crio-", "cri-o"_kj},    {"nerdctl-", "containerd"_kj}, {"buildah-", "buildah"_kj},
};

class Reader {
public:
  explicit Reader(std::string_view path) : rest(path) {}

  Placement read() {
    while (!rest.empty()) {
      size_t end = rest.find('/');
      auto name = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      if (!name.empty()) take(name);
    }
    return kj::mv(result);
  }

private:
  std::string_view rest, above;
  Placement result;
  bool byUser = false;
  bool inKubernetes = false;

  void take(std::string_view name) {
    startsWith(name, "_");  // systemd's escape for names of controllers
    if (name.ends_with(".slice")) takeSlice(name);
    takeSession(name);
    takePod(name);
    if (result.container.size() == 0) takeContainer(name);
    takeApplication(name);
    if (name.starts_with("user@") && name.ends_with(".service")) byUser = true;
    above = name;
  }

  void takeSlice(std::string_view name) {
    result.slice = toText(name);
    result.sliceByUser = byUser;
  }

  void takeSession(std::string_view name) {
    if (byUser || !above.starts_with("user-")) return;
    if (startsWith(name, "session-") && endsWith(name, ".scope")) result.session = toText(name);
  }

  void takePod(std::string_view name) {
    inKubernetes = inKubernetes || name.starts_with("kubepods");
    if (!inKubernetes) return;
    name = name.substr(0, name.find(':'));
    bool escaped = endsWith(name, ".slice");
    size_t at = name.starts_with("pod") ? 0 : name.rfind("-pod");
    if (at == std::string_view::npos) return;
    std::string uid(name.substr(name[at] == '-' ? at + 4 : at + 3));
    // As a unit's name it has no "-", which would be another slice.
    if (escaped) std::replace(uid.begin(), uid.end(), '_', '-');
    if (!uid.empty()) result.pod = toText(uid);
  }

  void takeContainer(std::string_view name) {
    // "…slice:cri-containerd:ID", where the kubelet drives groups itself.
    size_t colon = name.rfind(':');
    if (colon != std::string_view::npos && isContainerId(name.substr(colon + 1)))
      return found(name.substr(colon + 1), engineBefore(name.substr(0, colon)));
    if (isContainerId(name)) return found(name, engineAbove());
    if (takeEngine(name)) return;
    takeLxc(name);
    takeNspawn(name);
  }

  void found(std::string_view id, kj::StringPtr runtime) {
    result.container = toText(id);
    result.runtime = runtime;
    result.containerByUser = byUser;
  }

  static kj::StringPtr engineBefore(std::string_view text) {
    for (auto& engine : ENGINES)
      if (text.ends_with(engine.prefix.substr(0, engine.prefix.size() - 1))) return engine.runtime;
    return ""_kj;
  }

  kj::StringPtr engineAbove() const {
    if (above == "docker") return "docker"_kj;
    if (above.starts_with("libpod")) return "podman"_kj;
    return ""_kj;
  }

  bool takeEngine(std::string_view name) {
    endsWith(name, ".scope");
    for (auto& engine : ENGINES) {
      auto id = name;
      if (!startsWith(id, engine.prefix)) continue;
      // "libpod-conmon-…": whoever watches over a container is not in it.
      bool named = engine.runtime == "buildah" && !id.empty();
      if (!isContainerId(id) && !named) continue;
      found(id, engine.runtime);
      return true;
    }
    return false;
  }

  void takeLxc(std::string_view name) {
    if (startsWith(name, "lxc.payload.") || startsWith(name, "lxd.payload.")) {
      if (!name.empty()) found(name, "lxc"_kj);
    } else if (above == "lxc" || above == "lxc.payload") {
      found(name, "lxc"_kj);
    }
  }

  void takeNspawn(std::string_view name) {
    // Of the machine's group only what is below "payload"; the rest is the supervisor.
    if (above != "machine.slice" || next() == "supervisor") return;
    if (startsWith(name, "systemd-nspawn@") && endsWith(name, ".service"))
      return found(unescaped(name), "nspawn"_kj);
    if (!startsWith(name, "machine-") || !endsWith(name, ".scope")) return;
    auto machine = unescaped(name);
    if (machine.starts_with("qemu-")) return;  // a virtual machine
    bool libvirt = machine.starts_with("lxc-");
    found(machine, libvirt ? "libvirt-lxc"_kj : "nspawn"_kj);
  }

  std::string_view next() const { return rest.substr(0, rest.find('/')); }

  void takeApplication(std::string_view name) {
    auto id = name;
    if (startsWith(id, "app-flatpak-") && endsWith(id, ".scope")) {
      // "ID-NUMBER", a "-" of the id itself being escaped.
      auto dash = id.rfind('-');
      if (dash == std::string_view::npos || dash == 0) return;
      result.flatpak = toText(unescaped(id.substr(0, dash)));
      result.flatpakByUser = byUser;
    } else if (startsWith(id, "snap.") && (endsWith(id, ".scope") || endsWith(id, ".service"))) {
      auto snap = id.substr(0, id.find('.'));
      result.snap = toText(snap.substr(0, snap.find('_')));
      result.snapByUser = byUser;
    }
  }
};

Placement read(kj::StringPtr group) {
  return Reader({group.begin(), group.size()}).read();
}

void takeContainer(Placement& placement, Placement& other) {
  if (other.container.size() == 0) return;
  placement.container = kj::mv(other.container);
  placement.containerByUser = other.containerByUser;
  placement.runtime = other.runtime;
  placement.pod = kj::mv(other.pod);
}

}  // namespace

Placement placementOf(kj::ArrayPtr<const kj::String> groups) {
  if (groups.size() == 0) return {};
  auto placement = read(groups[0]);
  for (auto& group : groups.slice(1, groups.size())) {
    if (placement.container.size() > 0) break;
    auto other = read(group);
    // Controllers' groups do not set its supervisor apart from what it contains.
    if (other.runtime == "nspawn" || other.runtime == "libvirt-lxc") continue;
    takeContainer(placement, other);
  }
  return placement;
}

}  // namespace portreeve::attributor
