// SPDX-License-Identifier: GPL-3.0-or-later
// The suite's status as Prometheus reads it (text exposition format 0.0.4).
//
// Each counter of a process is portreeve_<process>_<name>, ended by _total where it only ever grows
// within that process's life; verdicts are portreeve_verdicts_total by action and mark; percentiles
// are gauges in seconds with a label `quantile`; each queue of the kernel is a label.
#pragma once

#include "proto/view.capnp.h"

#include <kj/string.h>

namespace portreeve {

constexpr kj::StringPtr METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"_kj;

kj::String metricsText(proto::view::Status::Reader status);

}  // namespace portreeve
