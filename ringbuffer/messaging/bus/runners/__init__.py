"""Runners: what passes events to a handler, in a thread or task of its own, or in a shared thread.

How plain handlers of a ring share a thread (`RunnerGroup`):

    publishers --> [ ring ] --> thread --> handler A    a batch each, one after the other
                                       --> handler B
                                       --> handler C

A handler stays with its thread. In CPython 3.13, an object that another thread has made is slower
to use, and `dict.get` with a key that another thread has made takes a hundred times as long: see
docs/free-threading.md. So a handler that collects things must not move from thread to thread.

The goal is the last published sequence that the thread has seen. The row has the handlers that are
behind the goal. The thread takes a handler from the row, passes it one batch, and puts it back if
it is still behind. When the row is empty, it looks for a later goal, and puts every handler into
the row; otherwise it waits at the barrier. One sequence, the gate, gates the publishers for
all handlers of a group, and follows the one that is furthest behind: see `HandlerRow`.

A handler that blocks keeps its thread, and the others go on in another one. The watch looks every
`TICK` seconds while handlers are driven, and starts the other thread. That is the only way in which
a handler moves. It happens under the lock, when the new thread begins, and only if the thread is
still in the same drive: either it comes back to the lock first, and the new thread ends; or the new
thread is first, and the old one drives no other handler. So one thread at a time drives a handler.

Why no event is missed. The thread rests only after it has found, under the lock, that the row is
empty and nothing is published after the goal. Then each handler that is behind the goal is driven
by the thread that it was left to, which looks for more when it comes back. For an event after the
goal, the thread waits, and the wait strategy loses no wake-up.

One lock guards everything here, for each group. Nothing that waits is called while it is held, and
no handler. It also hands a handler's state from one thread to the next. The thread ends when the
last handler has stopped; a later handler gets a new group.
"""
