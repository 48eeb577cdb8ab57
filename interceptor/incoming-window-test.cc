// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/incoming-window.h"

#include <doctest/doctest.h>

namespace portreeve::interceptor {
namespace {

constexpr uint64_t SPAN = uint64_t(1) << IncomingWindow::SPAN_BITS;
constexpr uint64_t NOW = 1000 * SPAN;

void fill(IncomingWindow& window, uint64_t ns) {
  for (uint32_t i = 0; i < IncomingWindow::PACKETS; i++) {
    REQUIRE_FALSE(window.full(ns, 1));
    window.admitted(ns);
  }
}

TEST_CASE("a full window opens by as much as is settled") {
  IncomingWindow window;
  fill(window, NOW);
  CHECK(window.full(NOW, 1));
  for (unsigned i = 0; i < 3; i++) window.settled(NOW);
  CHECK_FALSE(window.full(NOW, 3));
  CHECK(window.full(NOW, 4));
}

TEST_CASE("packets of the span before count until they are settled") {
  IncomingWindow window;
  fill(window, NOW);
  CHECK(window.full(NOW + SPAN, 1));
  window.settled(NOW);
  CHECK_FALSE(window.full(NOW + SPAN, 1));
  CHECK(window.full(NOW + SPAN, 2));
}

TEST_CASE("what is never settled does not close the window for good") {
  IncomingWindow window;
  fill(window, NOW);
  CHECK_FALSE(window.full(NOW + 2 * SPAN, IncomingWindow::PACKETS));
  fill(window, NOW + 2 * SPAN);
  // Settled at last: it opens nothing, since it counted no more.
  window.settled(NOW);
  CHECK(window.full(NOW + 2 * SPAN, 1));
}

TEST_CASE("after a rest the window is open, whatever it held") {
  IncomingWindow window;
  fill(window, NOW);
  CHECK_FALSE(window.full(NOW + 3600ull * 1'000'000'000, IncomingWindow::PACKETS));
}

}  // namespace
}  // namespace portreeve::interceptor
