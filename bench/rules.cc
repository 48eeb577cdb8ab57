// SPDX-License-Identifier: GPL-3.0-or-later
// What deciding costs with many rules and a large list, and what reloading them does. Built with
// -Dbench=true; needs no rights. `--benchmark_filter=…` as Google Benchmark has it.
#include "common/name-list-writer.h"
#include "policy/rules/rule-set.h"

#include <benchmark/benchmark.h>
#include <kj/debug.h>
#include <malloc.h>
#include <stdlib.h>

#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace portreeve::rules {
namespace {

constexpr size_t RULES = 10'000;
constexpr size_t NAMES = 1'000'000;
constexpr uint64_t NOW = 1'800'000'000'000'000'000;

std::string listFolder() {
  // One million names, made once.
  static const std::string folder = []() {
    char path[] = "/tmp/portreeve-bench-XXXXXX";
    KJ_ASSERT(mkdtemp(path) != nullptr);
    NameListWriter list("ads");
    for (size_t i = 0; i < NAMES; i++)
      list.add(kj::str('n', i, ".ads", i % 1000, ".example").cStr(),
               name_list::SELF | name_list::BELOW);
    list.write(kj::str(path, "/ads.names"), 1);
    atexit([]() { std::filesystem::remove_all(listFolder()); });
    return std::string(path);
  }();
  return folder;
}

kj::String operands(size_t i) {
  if (i % 10000 == 9999) return kj::str("process = { cmdline_regex = \"--flag", i, "\" }");
  if (i % 10 < 4)
    return kj::str("process = { path = \"/usr/bin/program", i, "\" }\nport = ", 1 + i % 60000,
                   "\nprotocol = \"tcp\"");
  if (i % 10 < 5)
    return kj::str("process = { path = \"/opt/folder", i, "/**\" }\nscope = \"internet\"");
  if (i % 10 < 8)
    return kj::str("domain = [\".site", i, ".example\", \"host.other", i, ".example\"]");
  if (i % 10 < 9)
    return kj::str("address = \"10.", i / 256 % 256, '.', i % 256, ".0/24\"\nport = [80, 443]");
  return kj::str("user = ", 100000 + i, "\nport = \"8000-8100\"");
}

kj::String rulesText(size_t count, bool withList) {
  // As a large organisation might write them: programs and ports, folders of programs, names,
  // networks, users; one rule in ten thousand that no index helps with.
  kj::Vector<kj::String> rules;
  if (withList)
    rules.add(kj::str("[[rule]]\nname = \"list\"\naction = \"block\"\nlist = \"ads\"\n"));
  for (size_t i = 0; i < count; i++)
    rules.add(kj::str("[[rule]]\nname = \"", i, "\"\naction = \"", i % 3 == 0 ? "block" : "allow",
                      "\"\n", operands(i), '\n'));
  return kj::strArray(rules, "");
}

struct Loaded {
  UserNames users;
  kj::Own<RuleSet> set;

  Loaded(size_t count, bool withList) {
    RuleSource sources[] = {
        RuleSource{kj::str("bench.toml"), rulesText(count, withList), Layer::ADMINISTRATOR, NOW}};
    auto folder = listFolder();
    RuleOptions options{.users = users, .listFolder = folder.c_str()};
    auto loaded = RuleSet::load(sources, options);
    for (auto& problem : loaded.problems) KJ_FAIL_ASSERT(problem.toString());
    set = kj::mv(KJ_ASSERT_NONNULL(loaded.set));
  }
};

struct Flows {
  // A mix: some meet a rule far down, most meet none.
  kj::Vector<kj::String> paths, names;
  std::vector<DomainFact> domains;
  std::vector<FlowFacts> facts;

  Flows() {
    constexpr size_t COUNT = 4096;
    std::mt19937 random(17);
    for (size_t i = 0; i < COUNT; i++) {
      size_t n = random() % (2 * RULES);
      paths.add(i % 3 == 0 ? kj::str("/opt/folder", n, "/bin/x") : kj::str("/usr/bin/program", n));
      names.add(i % 2 == 0 ? kj::str("www.site", n, ".example")
                           : kj::str('n', n, ".ads", random() % 1000, ".example"));
    }
    domains.resize(COUNT);
    facts.resize(COUNT);
    for (size_t i = 0; i < COUNT; i++) {
      domains[i] = DomainFact{names[i], NameSource::PROCESS};
      auto& flow = facts[i];
      flow.protocol = 6;
      flow.remote = Address::fromHalves(0, 0x0000ffff0a000000ull | (random() & 0xffffff));
      flow.remotePort = uint16_t(random() % 3 == 0 ? 443 : 1 + random() % 60000);
      flow.localPort = 40000;
      flow.interface = "eth0";
      flow.process.kind = ProcessKind::PROGRAM;
      flow.process.path = paths[i];
      flow.process.name = "program";
      flow.process.commandLine = "program --with --some arguments";
      flow.process.uid = uint32_t(1000 + random() % 10);
      flow.process.gid = 1000;
      flow.process.unit = "user@1000.service";
      flow.domains = kj::arrayPtr(&domains[i], 1);
    }
  }
};

void decide(benchmark::State& state, bool withList) {
  Loaded loaded(size_t(state.range(0)), withList);
  Flows flows;
  size_t next = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(loaded.set->decide(flows.facts[next++ % flows.facts.size()], NOW));
}

void BM_Decide(benchmark::State& state) {
  decide(state, false);
}
void BM_DecideWithList(benchmark::State& state) {
  decide(state, true);
}

void BM_JudgeName(benchmark::State& state) {
  Loaded loaded(size_t(state.range(0)), true);
  Flows flows;
  size_t next = 0;
  for (auto _ : state) {
    auto& facts = flows.facts[next++ % flows.facts.size()];
    benchmark::DoNotOptimize(loaded.set->judgeName(facts.process, facts.domains[0].name, NOW));
  }
}

void BM_Reload(benchmark::State& state) {
  listFolder();
  for (auto _ : state) {
    auto before = mallinfo2().uordblks;
    Loaded loaded(size_t(state.range(0)), true);
    state.counters["bytes_per_rule"] =
        double(mallinfo2().uordblks - before) / double(state.range(0));
  }
}

BENCHMARK(BM_Decide)->Arg(10)->Arg(1000)->Arg(RULES);
BENCHMARK(BM_DecideWithList)->Arg(10)->Arg(1000)->Arg(RULES);
BENCHMARK(BM_JudgeName)->Arg(RULES);
BENCHMARK(BM_Reload)->Arg(RULES)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace portreeve::rules

BENCHMARK_MAIN();
