// SPDX-License-Identifier: GPL-3.0-or-later
// Room on the arrows of the ring: this process alone may go beyond net.core.wmem_max, and the
// buffer belongs to the socket, so it does so for both ends that pass through its hands.
#pragma once

namespace portreeve::interceptor {

void enlargeSendBuffer(int ringSocket);
// 4 MiB, some thousand batches; needs CAP_NET_ADMIN. Without it the socket stays as it is.

}  // namespace portreeve::interceptor
