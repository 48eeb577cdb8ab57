// SPDX-License-Identifier: GPL-3.0-or-later
#include "interceptor/ring-buffer.h"

#include <sys/socket.h>

namespace portreeve::interceptor {

void enlargeSendBuffer(int ringSocket) {
  int bytes = 4 << 20;
  (void)setsockopt(ringSocket, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
}

}  // namespace portreeve::interceptor
