// SPDX-License-Identifier: GPL-3.0-or-later
#include "policy/connection-filter.h"

#include "common/marks.h"

namespace portreeve::policy {
namespace {

bool isProgram(kj::StringPtr path, kj::StringPtr wanted) {
  if (path == wanted) return true;
  KJ_IF_MAYBE (slash, path.findLast('/')) return path.slice(*slash + 1) == wanted;
  return false;
}

}  // namespace

ConnectionFilter::ConnectionFilter(proto::ConnectionFilter::Reader filter)
    : after(filter.getAfterId()),
      most(filter.getLimit() == 0 ? USUAL_LIMIT : kj::min(filter.getLimit(), LARGEST_LIMIT)),
      program(kj::str(filter.getProgram())),
      action(kj::str(filter.getAction())),
      openOnly(filter.getOpenOnly()) {}

bool ConnectionFilter::matches(const Flow& flow) const {
  return flow.id > after && matchesChange(flow) &&
         (!openOnly || (flow.open() && !isRefusal(flow.judgement.verdict)));
}

bool ConnectionFilter::matchesChange(const Flow& flow) const {
  if (program.size() > 0 && !isProgram(flow.process.program->path, program)) return false;
  return action.size() == 0 || actionText(flow.judgement.verdict) == action;
}

}  // namespace portreeve::policy
