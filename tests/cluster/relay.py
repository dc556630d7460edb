"""Passes frames between two interfaces, late and not all of them: relay.py ONE OTHER LOSS_PERCENT DELAY_MS. For kernels without netem.

The loss is of each direction, the delay half of the way there and back. The seed is fixed: a run can be repeated.
"""
import collections
import random
import select
import socket
import sys
import time

ETH_P_ALL = 3
PACKET_OUTGOING = 4


def open_on(interface):
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    raw.bind((interface, ETH_P_ALL))
    # Promiscuous: most frames are for somebody else.
    SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC = 263, 1, 1
    raw.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, socket.if_nametoindex(interface).to_bytes(4, sys.byteorder) + PACKET_MR_PROMISC.to_bytes(2, sys.byteorder) + bytes(10))
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    raw.setblocking(False)
    return raw


def main():
    one, other, loss, delay_s = open_on(sys.argv[1]), open_on(sys.argv[2]), float(sys.argv[3]) / 100, float(sys.argv[4]) / 1000
    chance = random.Random(1)
    late = collections.deque()  # (due, to, frame): the delay is constant, so the order of arrival is that of leaving.
    while True:
        wait_s = max(0, late[0][0] - time.monotonic()) if late else 1
        for source in select.select([one, other], [], [], wait_s)[0]:
            try:
                while True:
                    frame, where = source.recvfrom(65536)
                    if where[2] != PACKET_OUTGOING and chance.random() >= loss:
                        late.append((time.monotonic() + delay_s, other if source is one else one, frame))
            except BlockingIOError:
                pass
        while late and late[0][0] <= time.monotonic():
            _, to, frame = late.popleft()
            try:
                to.send(frame)
            except OSError:
                pass  # A full queue or a frame that is too long is lost, too.


if __name__ == "__main__":
    main()
