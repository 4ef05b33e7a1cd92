"""Runners: what passes events to a handler, in a thread or task of its own, or in shared threads.

How plain handlers of a ring share threads (`RunnerThreads`):

    publishers --> [ ring ] --> listener .--> handler A    a batch, then back to the row
                                worker   '--> handler B    a batch, then back to the row

A thread takes a handler from the row, passes it one batch, and puts it back. So a handler gets its
events in order, and one at a time. Whatever thread is free takes whatever handler is next.
So no thread rests while a handler waits, and a slow handler delays its own events alone.

The goal is the last published sequence that a thread has seen. The row has the handlers that are
behind the goal and that no thread drives. When it is empty, a thread looks for a later goal, and
puts every handler that is free into the row. One sequence, the gate, gates the publishers for all
handlers, and follows the one that is furthest behind: see `HandlerRow`.

Who rests, and how. Of the threads without work one is the listener. It waits at the barrier for the
event after the goal. The others are parked, each on an event of its own. A listener that gets
events works, and is not the listener any more. The next thread without work is. A thread that finds
much to do asks for help.

Why no event is missed. A thread rests only after it has found, under the lock, that the row is
empty and nothing is published after the goal. Then each handler that is behind the goal is driven
by another thread, which comes back to the lock, and there looks again. For an event after the goal,
there are two cases. If there is a listener, it waits for that event, and the wait strategy loses no
wake-up. Otherwise a thread works, and looks before it rests.

A handler that blocks keeps its thread, which does not come back. So the watch looks every `TICK`
seconds while handlers are driven. It asks for help if a thread stays away, and lets that thread
keep the handler if it stays away for longer. Then the thread is not one of these any more.

One lock guards everything here. Nothing that waits is called while it is held, and no handler. It
also hands a handler's state from one thread to the next. These threads end when the last handler
has stopped; a later handler gets new ones.
"""
