// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/archive-text.h"

#include "cli/archive.h"
#include "cli/failure.h"

#include <doctest/doctest.h>
#include <kj/debug.h>
#include <kj/io.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace portreeve::cli {
namespace {

using Place = ArchivedFile::Place;
namespace fs = std::filesystem;

struct Machine {
  // Folders of a suite of its own.
  std::string root;
  Machine() {
    char path[] = "/tmp/portreeve-archive-XXXXXX";
    KJ_ASSERT(mkdtemp(path) != nullptr);
    root = path;
    fs::create_directories(root + "/etc/rules.d");
    fs::create_directories(root + "/state/policy/rules.d");
    use();
  }
  ~Machine() { fs::remove_all(root); }

  void use() {
    setenv("CONFIGURATION_DIRECTORY", (root + "/etc").c_str(), 1);
    setenv("STATE_DIRECTORY", (root + "/state").c_str(), 1);
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(root + "/" + name) << text;
  }
  std::map<std::string, std::string> all() {
    std::map<std::string, std::string> files;
    for (auto& entry : fs::recursive_directory_iterator(root)) {
      if (!entry.is_regular_file()) continue;
      std::stringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      files[fs::relative(entry.path(), root).string()] =
          text.str() + std::to_string(entry.last_write_time().time_since_epoch().count());
    }
    return files;
  }
};

std::string rule(const std::string& name) {
  return "# said with \"quotes\", \\ and a tab\t\n[[rule]]\nname = \"" + name +
         "\"\naction = \"allow\"\nfor = \"1h\"\n";
}

TEST_CASE(
    "an exported policy comes back on another machine as it was, to the byte and the second") {
  Machine first;
  first.write("etc/portreeve.toml", "[policy]\ndefault = \"block\"\n");
  first.write("etc/rules.d/10.toml", rule("theirs"));
  first.write("etc/rules.d/10.test", "[[expect]]\n");
  first.write("state/policy/rules.d/0010-a.toml", rule("ours"));
  auto archive = fs::temp_directory_path() / ("portreeve-archive-test-" + std::to_string(getpid()));
  CHECK(exportPolicy(ExportOptions{archive.string()}) == GOOD);
  auto expected = first.all();
  Machine second;
  second.write("etc/rules.d/20.toml", rule("goes"));
  CHECK(importArchive(archive.string()) == GOOD);
  CHECK(second.all() == expected);
  fs::remove(archive);
}

TEST_CASE("an archive with a bad rule changes nothing") {
  Machine machine;
  machine.write("etc/rules.d/10.toml", rule("stays"));
  auto before = machine.all();
  auto archive = machine.root + "/../portreeve-bad-archive-" + std::to_string(getpid());
  ArchivedFile files[] = {{Place::ADMINISTRATOR, kj::str("1.toml"), kj::str("[[rule]]\n"), 1}};
  std::ofstream(archive) << archiveText(kj::arrayPtr(files, 1), "now").cStr();
  CHECK_THROWS_AS(importArchive(archive), const Failure&);
  CHECK(machine.all() == before);
  fs::remove(archive);
}

TEST_CASE("names that would lead out of their folder are refused") {
  for (auto name : {"../x.toml", "/etc/passwd", ".hidden.toml", "x.sh", ""}) {
    ArchivedFile files[] = {{Place::OWN, kj::str(name), kj::str(""), 1}};
    CHECK_THROWS_AS(parseArchive("a", archiveText(kj::arrayPtr(files, 1), "now")), const Failure&);
  }
  ArchivedFile settings[] = {{Place::SETTINGS, kj::str("other.toml"), kj::str(""), 1}};
  CHECK_THROWS_AS(parseArchive("a", archiveText(kj::arrayPtr(settings, 1), "now")), const Failure&);
  CHECK_THROWS_AS(parseArchive("a", "archive = 2\n"), const Failure&);
  CHECK_THROWS_AS(parseArchive("a", "nonsense"), const Failure&);
}

}  // namespace
}  // namespace portreeve::cli
