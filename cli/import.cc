// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/import.h"

#include "cli/failure.h"
#include "cli/import-formats.h"
#include "cli/new-file.h"
#include "cli/printable.h"
#include "cli/terminal.h"

namespace portreeve::cli {
namespace {

struct Format {
  kj::StringPtr name;
  void (*convert)(kj::StringPtr from, Conversion& into);
};

constexpr Format FORMATS[] = {{"opensnitch"_kj, importOpenSnitch},
                              {"portmaster"_kj, importPortmaster},
                              {"little-snitch"_kj, importLittleSnitch},
                              {"hosts"_kj, importHosts},
                              {"ufw"_kj, importUfw}};

const Format& requireFormat(const std::string& name) {
  for (auto& format : FORMATS)
    if (format.name == name.c_str()) return format;
  auto known = KJ_MAP(format, kj::arrayPtr(FORMATS, kj::size(FORMATS))) {
    return format.name;
  };
  throw Failure(WRONG_USE, "import: \"", name.c_str(),
                "\" is no format; there is: ", kj::strArray(known, ", "), ", archive");
}

void report(const Conversion& conversion) {
  for (auto& reason : conversion.left()) say(kj::str("left out: ", printable(reason)));
  for (auto& remark : conversion.remarks()) say(kj::str("mind: ", printable(remark)));
  say(kj::str(conversion.converted(), " converted, ", conversion.left().size(), " left out"));
}

}  // namespace

int importRules(const ImportOptions& options) {
  auto& format = requireFormat(options.format);
  auto users = UserNames::read();
  Conversion conversion(users);
  format.convert(options.from.c_str(), conversion);
  report(conversion);
  if (conversion.converted() == 0) return FAILED;
  auto toml = conversion.toml();
  if (options.output.empty())
    print(toml);
  else
    writeNewFile(options.output.c_str(), toml, 0644);
  return GOOD;
}

}  // namespace portreeve::cli
