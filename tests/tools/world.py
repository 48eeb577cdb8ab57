# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers of the world's side: every address that is given answers TCP and UDP on the ports.

    world.py ADDRESS... -- PORT...

A TCP client gets "hello from ADDRESS:PORT" and then its own lines back; a UDP datagram gets
"hello from ADDRESS:PORT". Prints "ready" when all listen.
"""
import asyncio
import socket
import sys


def greeting(address, port):
    return f"hello from {address}:{port}\n".encode()


async def serve_tcp(address, port):
    async def client(reader, writer):
        try:
            writer.write(greeting(address, port))
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    await asyncio.start_server(client, address, port, backlog=4096)


class Echo(asyncio.DatagramProtocol):
    def __init__(self, address, port):
        self.answer = greeting(address, port)

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        self.transport.sendto(self.answer, peer)


async def main(addresses, ports):
    loop = asyncio.get_running_loop()
    for address in addresses:
        for port in ports:
            await serve_tcp(address, port)
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            await loop.create_datagram_endpoint(
                lambda a=address, p=port: Echo(a, p), local_addr=(address, port), family=family)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    split = sys.argv.index("--")
    asyncio.run(main(sys.argv[1:split], [int(p) for p in sys.argv[split + 1:]]))
