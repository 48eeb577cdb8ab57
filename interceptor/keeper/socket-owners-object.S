/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The compiled BPF programs as bytes of the keeper: nothing is looked for at run time. */
  .section .rodata
  .balign 16
  .global portreeve_socket_owners_begin, portreeve_socket_owners_end
portreeve_socket_owners_begin:
  .incbin PORTREEVE_SOCKET_OWNERS_OBJECT
portreeve_socket_owners_end:
  .section .note.GNU-stack, "", %progbits
