# SPDX-License-Identifier: GPL-2.0-or-later
"""One line of JSON there, one line back: the way QEMU's monitor (QMP) and its guest agent talk."""

import json
import os
import socket
import time


class ChannelError(Exception):
    """The other side is gone, silent, or said no."""


class Channel:
    """A connected monitor or agent."""

    def __init__(self, path, seconds):
        """Connect to a socket that may not exist yet."""
        deadline = time.monotonic() + seconds
        self.socket = socket.socket(socket.AF_UNIX)
        self.buffer = b""
        while True:
            try:
                self.socket.connect(path)
                return
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > deadline:
                    raise ChannelError(f"nobody answers at {path}") from None
                time.sleep(0.02)

    def close(self):
        self.socket.close()

    def read_line(self, deadline):
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ChannelError("no answer in time")
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(1 << 16)
            except TimeoutError:
                continue
            except OSError as error:
                raise ChannelError(str(error)) from None
            if not data:
                raise ChannelError("the connection was closed")
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        # The agent marks the answer to a sync with a byte that no JSON holds.
        return json.loads(line.rpartition(b"\xff")[2])

    def send(self, command, arguments, prefix=b""):
        request = {"execute": command}
        if arguments:
            request["arguments"] = arguments
        try:
            self.socket.sendall(prefix + json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise ChannelError(str(error)) from None

    def call(self, command, seconds=30, **arguments):
        """Execute a command and return its answer. An underscore in an argument's name stands
        for a hyphen."""
        self.send(command, {key.replace("_", "-"): value for key, value in arguments.items()})
        deadline = time.monotonic() + seconds
        while True:
            answer = self.read_line(deadline)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise ChannelError(f"{command}: {answer['error'].get('desc', answer['error'])}")
            # Anything else is an event of the monitor, or its greeting.

    def sync(self, seconds):
        """For the agent: wait until it lives, and pass over answers nobody waited for."""
        token = int.from_bytes(os.urandom(4), "big")
        self.send("guest-sync-delimited", {"id": token}, prefix=b"\xff")
        deadline = time.monotonic() + seconds
        while self.read_line(deadline).get("return") != token:
            pass
