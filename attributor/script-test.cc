// SPDX-License-Identifier: GPL-3.0-or-later
#include "attributor/script.h"

#include <doctest/doctest.h>

#include <string>

namespace portreeve::attributor {
namespace {

kj::String script(kj::StringPtr program, kj::StringPtr arguments, kj::StringPtr folder = "/srv") {
  // Arguments separated by "|", the program's own name first.
  std::string raw(arguments.begin(), arguments.size());
  for (char& c : raw)
    if (c == '|') c = 0;
  raw.push_back(0);
  return scriptOf(program, kj::arrayPtr(raw.data(), raw.size()).asBytes(), folder);
}

TEST_CASE("the script behind an interpreter is found among its options") {
  struct Row {
    kj::StringPtr program, arguments, script;
  };
  const Row rows[] = {
      {"/usr/bin/python3.11", "python3|/opt/a.py|x", "/opt/a.py"},
      {"/usr/bin/python3.11", "python3|-Bu|-W|ignore|../a.py", "/a.py"},
      {"/usr/bin/python3.11", "python3|-c|print(1)|a.py", "-c"},
      {"/usr/bin/python3.11", "python3|-Em|http.server|80", "-m http.server"},
      {"/usr/bin/python3.11", "python3|-mhttp.server", "-m http.server"},
      {"/usr/bin/python3.11", "python3|-", "-"},
      {"/usr/bin/python3.11", "python3", ""},
      {"/usr/bin/pypy3", "pypy3|a.py", "/srv/a.py"},
      {"/usr/bin/perl", "perl|-I|lib|-w|./a.pl", "/srv/a.pl"},
      {"/usr/bin/perl", "perl|-Ilib|-e|1", "-e"},
      {"/usr/bin/ruby3.1", "ruby|-rjson|a.rb", "/srv/a.rb"},
      {"/usr/bin/node", "node|--require|x.js|--inspect|server.js", "/srv/server.js"},
      {"/usr/bin/node", "node|--eval=1", "-e"},
      {"/usr/bin/php8.2", "php|-d|a=b|-f|a.php", "/srv/a.php"},
      {"/usr/bin/bash", "bash|-e|/usr/local/bin/backup|now", "/usr/local/bin/backup"},
      {"/usr/bin/bash", "bash|+O|extglob|-c|x", "-c"},
      {"/usr/bin/bash", "-bash", ""},
      {"/usr/bin/dash", "sh|-s|x", "-"},
      {"/usr/bin/dash", "sh|--|a.sh", "/srv/a.sh"},
      {"/usr/lib/jvm/java-17-openjdk-amd64/bin/java", "java|-Xmx1g|-cp|a:b|-jar|app.jar|x",
       "/srv/app.jar"},
      {"/usr/bin/java", "java|-cp|a|org.example.Main", "class org.example.Main"},
      {"/usr/bin/java", "java|-m|mod/org.example.Main", "-m mod/org.example.Main"},
      {"/usr/bin/curl", "curl|https://example.org/", ""},
      {"/usr/bin/shred", "shred|x", ""},
  };
  for (auto& row : rows)
    CHECK_MESSAGE(script(row.program, row.arguments) == row.script, row.arguments.cStr());
}

TEST_CASE("without a working directory a relative path stays one") {
  CHECK(script("/usr/bin/perl", "perl|a.pl", "") == "a.pl");
  CHECK(script("/usr/bin/perl", "perl|../../../a.pl", "/x") == "/a.pl");
}

TEST_CASE("what a process writes there cannot break a line or be half told") {
  CHECK(script("/usr/bin/perl", "perl|/tmp/a\n\x1b[2J.pl") == "/tmp/a\\x0a\\x1b[2J.pl");
  CHECK(script("/usr/bin/perl", kj::str("perl|/", kj::repeat('a', 2000))) == "");
}

}  // namespace
}  // namespace portreeve::attributor
