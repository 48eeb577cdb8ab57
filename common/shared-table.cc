// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/shared-table.h"

namespace portreeve {
namespace {

class Table final : public proto::SharedTable::Server {
public:
  explicit Table(int descriptor) : descriptor(descriptor) {}
  kj::Maybe<int> getFd() override { return descriptor; }

private:
  int descriptor;
};

}  // namespace

proto::SharedTable::Client shareTable(int descriptor) {
  return kj::heap<Table>(descriptor);
}

}  // namespace portreeve
