// SPDX-License-Identifier: GPL-3.0-or-later
// `portreeve explain`: why a connection was, or would be, allowed or not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace portreeve::cli {

struct ExplainOptions {
  std::optional<uint64_t> id;  // of `portreeve connections`; the rest is not looked at then
  std::string program;
  std::string to;    // out: the remote end; in: the port of this machine
  std::string from;  // in: the remote end
  std::string domain;
  std::string user;
  std::string protocol = "tcp";
  bool in = false;
  bool json = false;
};

int explain(const ExplainOptions& options);

}  // namespace portreeve::cli
