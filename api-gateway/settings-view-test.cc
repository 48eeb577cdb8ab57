// SPDX-License-Identifier: GPL-3.0-or-later
#include "api-gateway/settings-view.h"

#include <capnp/message.h>
#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace portreeve::gateway {
namespace {

struct Written {
  std::string path;
  capnp::MallocMessageBuilder message;

  explicit Written(const char* text) {
    char name[] = "/tmp/portreeve-settings-XXXXXX";
    int fd = mkstemp(name);
    REQUIRE(fd >= 0);
    close(fd);
    path = name;
    std::ofstream(path) << text;
  }
  ~Written() { unlink(path.c_str()); }

  proto::view::SettingsPage::Reader page() {
    auto page = message.initRoot<proto::view::SettingsPage>();
    SettingsView::read(path.c_str()).fill(page);
    return page.asReader();
  }
};

TEST_CASE("what the settings say is shown by section and key, but for what is secret") {
  Written written(
      "[policy]\ndefault = \"block\"\n[list.ads]\nsources = [\"a\", \"b\"]\n"
      "[[gate.way]]\nname = \"work\"\npassword = \"hunter2\"\n");
  auto page = written.page();
  CHECK(page.getError() == "");
  REQUIRE(page.getSettings().size() == 4);
  std::string all;
  for (auto setting : page.getSettings())
    all += std::string(setting.getSection().cStr()) + '|' + setting.getKey().cStr() + '|' +
           setting.getValue().cStr() + '\n';
  CHECK(all.find("policy|default|'block'") + all.find("policy|default|\"block\"") !=
        2 * std::string::npos);
  CHECK(all.find("list.ads|sources|") != std::string::npos);
  CHECK(all.find("gate.way.1|password|(not shown)") != std::string::npos);
  CHECK(all.find("hunter2") == std::string::npos);
}

TEST_CASE("settings that are no TOML are an error, those that are not there say nothing") {
  Written written("[policy\n");
  CHECK(written.page().getError().size() > 0);
  capnp::MallocMessageBuilder message;
  auto page = message.initRoot<proto::view::SettingsPage>();
  SettingsView::read("/nowhere/portreeve.toml").fill(page);
  CHECK(page.getError() == "");
  CHECK(page.getFile() == "/nowhere/portreeve.toml");
}

}  // namespace
}  // namespace portreeve::gateway
