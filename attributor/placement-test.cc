// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/placement.h"

#include "attributor/unit.h"

#include <doctest/doctest.h>
#include <kj/vector.h>

namespace portreeve::attributor {
namespace {

// 64 digits, as engines give them.
#define ID "3f4e5d6c7b8a99887766554433221100ffeeddccbbaa00112233445566778899"
#define USER "/user.slice/user-1000.slice/user@1000.service"

kj::String words(kj::StringPtr procCgroup) {
  auto placement = placementOf(groupsOf(procCgroup.asBytes()));
  kj::Vector<kj::String> all;
  auto add = [&](kj::StringPtr key, kj::StringPtr value, bool byUser) {
    if (value.size() > 0) all.add(kj::str(key, '=', value, byUser ? "!" : ""));
  };
  add("session", placement.session, false);
  add("slice", placement.slice, placement.sliceByUser);
  add("container", placement.container, placement.containerByUser);
  add("runtime", placement.runtime, false);
  add("pod", placement.pod, false);
  add("flatpak", placement.flatpak, placement.flatpakByUser);
  add("snap", placement.snap, placement.snapByUser);
  return kj::strArray(all, " ");
}

struct Row {
  kj::StringPtr cgroup, words;  // "!": by the user's own word
};

TEST_CASE("a container is told by its group, whichever engine made it") {
  const Row rows[] = {
      {"0::/system.slice/docker-" ID ".scope\n",
       "slice=system.slice container=" ID " runtime=docker"},
      {"12:memory:/docker/" ID "\n1:name=systemd:/docker/" ID "\n0::/\n",
       "container=" ID " runtime=docker"},
      {"0::" USER "/user.slice/docker-" ID ".scope\n",
       "slice=user.slice! container=" ID "! runtime=docker"},
      {"0::/machine.slice/libpod-" ID ".scope/container\n",
       "slice=machine.slice container=" ID " runtime=podman"},
      {"0::" USER "/user.slice/libpod-" ID ".scope/container\n",
       "slice=user.slice! container=" ID "! runtime=podman"},
      {"0::/libpod_parent/libpod-" ID "\n", "container=" ID " runtime=podman"},
      {"0::/system.slice/nerdctl-" ID ".scope\n",
       "slice=system.slice container=" ID " runtime=containerd"},
      {"0::/machine.slice/buildah-buildah2041.scope\n",
       "slice=machine.slice container=buildah2041 runtime=buildah"},
      {"0::/ecs/0123/" ID "\n", "container=" ID},
      {"0::/lxc.payload.web\n", "container=web runtime=lxc"},
      {"4:cpu:/lxc/web\n1:name=systemd:/lxc/web\n", "container=web runtime=lxc"},
      {"0::/lxc.payload.web/system.slice/cron.service\n",
       "slice=system.slice container=web runtime=lxc"},
      {"0::/machine.slice/systemd-nspawn@de\\x2dbian.service/payload/system.slice/a.service\n",
       "slice=system.slice container=de-bian runtime=nspawn"},
      {"0::/machine.slice/machine-de\\x2dbian.scope/payload\n",
       "slice=machine.slice container=de-bian runtime=nspawn"},
      {"0::/machine.slice/machine-lxc\\x2d12\\x2dweb.scope/x\n",
       "slice=machine.slice container=lxc-12-web runtime=libvirt-lxc"},
  };
  for (auto& row : rows) CHECK_MESSAGE(words(row.cgroup) == row.words, row.cgroup.cStr());
}

TEST_CASE("an engine's groups of version 1 are seen beside what systemd has in version 2") {
  const Row rows[] = {
      // Hybrid: dockerd with its own groups, in each hierarchy of version 1 alone.
      {"12:memory:/docker/" ID "\n1:name=systemd:/docker/" ID
       "\n0::/system.slice/containerd.service\n",
       "slice=system.slice container=" ID " runtime=docker"},
      {"12:memory:/kubepods/besteffort/pod9a3b2e1c-0001/" ID
       "\n1:name=systemd:/system.slice/kubelet.service\n0::/system.slice/kubelet.service\n",
       "slice=system.slice container=" ID " pod=9a3b2e1c-0001"},
      // Version 1 without systemd.
      {"4:memory:/docker/" ID "\n3:cpu,cpuacct:/docker/" ID "\n2:name=openrc:/docker\n",
       "container=" ID " runtime=docker"},
      {"3:devices:/lxc/web\n2:cpu:/\n", "container=web runtime=lxc"},
  };
  for (auto& row : rows) CHECK_MESSAGE(words(row.cgroup) == row.words, row.cgroup.cStr());
  // Controllers' groups do not set nspawn's supervisor apart.
  CHECK(words("5:memory:/machine.slice/machine-web.scope\n"
              "0::/machine.slice/machine-web.scope/supervisor\n") == "slice=machine.slice");
}

TEST_CASE("a pod of Kubernetes is told with its container, in each form of the kubelet") {
  const Row rows[] = {
      {"0::/kubepods.slice/kubepods-burstable.slice/"
       "kubepods-burstable-pod9a3b2e1c_0001_4002_8003_000000000004.slice/cri-containerd-" ID
       ".scope\n",
       "slice=kubepods-burstable-pod9a3b2e1c_0001_4002_8003_000000000004.slice container=" ID
       " runtime=containerd pod=9a3b2e1c-0001-4002-8003-000000000004"},
      {"0::/kubepods.slice/kubepods-pod9a3b2e1c_0001.slice/crio-" ID ".scope\n",
       "slice=kubepods-pod9a3b2e1c_0001.slice container=" ID " runtime=cri-o pod=9a3b2e1c-0001"},
      {"11:cpu:/kubepods/burstable/pod9a3b2e1c-0001/" ID
       "\n1:name=systemd:/kubepods/burstable/pod9a3b2e1c-0001/" ID "\n",
       "container=" ID " pod=9a3b2e1c-0001"},
      {"1:name=systemd:/system.slice/containerd.service/"
       "kubepods-besteffort-pod9a3b2e1c_0001.slice:cri-containerd:" ID "\n",
       "slice=system.slice container=" ID " runtime=containerd pod=9a3b2e1c-0001"},
  };
  for (auto& row : rows) CHECK_MESSAGE(words(row.cgroup) == row.words, row.cgroup.cStr());
}

TEST_CASE("whoever only watches over a container is not in it") {
  for (kj::StringPtr cgroup :
       {"0::/machine.slice/libpod-conmon-" ID ".scope\n"_kj, "0::/lxc.monitor.web\n"_kj,
        "0::/machine.slice/machine-web.scope/supervisor\n"_kj,
        "0::/machine.slice/machine-qemu\\x2d1\\x2dweb.scope/libvirt/emulator\n"_kj,
        "0::/system.slice/docker.service\n"_kj, "0::/system.slice/docker-abc.scope\n"_kj})
    CHECK_MESSAGE(placementOf(groupsOf(cgroup.asBytes())).container == "", cgroup.cStr());
}

TEST_CASE("applications of Flatpak and Snap are told by name") {
  const Row rows[] = {
      {"0::" USER "/app.slice/app-flatpak-org.mozilla.firefox-4711.scope\n",
       "slice=app.slice! flatpak=org.mozilla.firefox!"},
      {"0::" USER "/app.slice/app-flatpak-org.x.An\\x2dApp-1.scope\n",
       "slice=app.slice! flatpak=org.x.An-App!"},
      {"0::" USER "/app.slice/snap.firefox.firefox-a1b2.scope\n", "slice=app.slice! snap=firefox!"},
      {"0::/system.slice/snap.lxd_two.daemon.service\n", "slice=system.slice snap=lxd"},
  };
  for (auto& row : rows) CHECK_MESSAGE(words(row.cgroup) == row.words, row.cgroup.cStr());
}

TEST_CASE("a session is logind's; what a user calls so is not") {
  CHECK(words("0::/user.slice/user-1000.slice/session-c1.scope\n") ==
        "session=c1 slice=user-1000.slice");
  CHECK(words("0::" USER "/app.slice/session-7.scope\n") == "slice=app.slice!");
  CHECK(words("0::/session-7.scope\n") == "");
}

TEST_CASE("nothing is made of paths that only look like one") {
  for (kj::StringPtr cgroup :
       {""_kj, "0::/\n"_kj, "0::/docker\n"_kj, "0::/libpod-\n"_kj, "0::/lxc.payload.\n"_kj,
        "0::/app-flatpak-.scope\n"_kj, "0::/app-flatpak-x.scope\n"_kj, "0::/pod\n"_kj,
        "0::/machine-x.scope/payload\n"_kj, "0:::::\n"_kj})
    CHECK_MESSAGE(words(cgroup) == "", cgroup.cStr());
  auto tooLong = kj::str("0::/lxc.payload.", kj::repeat('x', 300), "\n");
  CHECK(placementOf(groupsOf(tooLong.asBytes())).container == "");
}

}  // namespace
}  // namespace portreeve::attributor
