"""A buffer that is read into again and again: memory that a process has already costs the system nothing.

A file that is read into memory of its own costs twice as much to read: each page has to be asked for and cleared.

    |["ServerTasks-1_A",...]\\n...]\\n["ServerTasks-1_A","IN|          |      `room`: all of it
    |["ServerTasks-1_A",...]\\n...]\\n|                                      `filled`: what is looked at
"""

from __future__ import annotations


class Buffer:
    """So many bytes or more: `room` is all of them, until the first of them are taken as `filled`; `data` is the same.

    Of what it is filled with only copies may be kept. As long as somebody has a view (numpy, Arrow, an error that keeps
    a frame), a `bytearray` refuses to change its size: then it is left to him, and another one takes its place.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self.data = bytearray(size)
        self.room = memoryview(self.data)

    def grow(self, size: int) -> None:
        """Have room for so many more, behind the same bytes."""
        self.room.release()
        self.data += bytes(size)
        self.room = memoryview(self.data)

    def filled(self, size: int) -> bytearray:
        """The first bytes, which are good until there is room again."""
        try:
            self.room.release()
            del self.data[size:]
        except BufferError:
            self.data = self.data[:size]
        return self.data

    def clear(self) -> None:
        """There is room again, as much as at first."""
        try:
            del self.data[self._size :]
            self.data += bytes(self._size - len(self.data))
        except BufferError:
            self.data = bytearray(self._size)
        self.room = memoryview(self.data)
