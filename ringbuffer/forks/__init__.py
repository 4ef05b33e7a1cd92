"""What happens in a child that `os.fork` makes to the objects of its parent.

Only the thread that forks continues in the child. Consumers do not exist there, threads that are
gone may hold locks, and no consumer handles what the child publishes. So in the child, each object
that takes part in a ring, or owns threads, raises a `ForkedProcessError` in every call. Functions
that end it, such as `close`, do nothing. New objects, made in the child, work.

How it is done, at no cost in the parent:

* Each such object is noted when it is made, by a weak reference (`child.py`).
* After a fork, `child.py` makes every lock of the library anew in the child. It calls `_after_fork`
  of each object, which closes what the object shares with functions that callers may hold. Those
  functions check a closed flag, or a limit, anyway.
* Then it marks the object with the number of the process that made it. A function in a slot of the
  object is replaced by one that raises.
* Once in a process, each class of such objects gets other methods and properties: they refuse a
  marked object, and do what they did for any other (`refusing.py`).

None of these steps waits for a thread that is gone, and none stops all threads. For a fork, CPython
stops all other threads at a safe point, where they have suspended the locks of dictionaries, lists
and classes. But a thread that is about to stop all threads itself holds CPython's own mutex for
that. In the child this mutex stays locked forever. So no object gets another class here: 3.13t
stops all threads to change it. And the collector is off meanwhile. See docs/free-threading.md,
"A child after a fork".

The mark is on the object itself. A table with weak references would forget an object too early: in
a cycle of garbage, CPython clears them before it calls `__del__`, which may call the object.
"""

# Not public, so there is no `__all__`, which the API reference follows.
from ringbuffer.forks.child import made_here as made_here
from ringbuffer.forks.child import renewed_in_child as renewed_in_child
from ringbuffer.forks.refusing import REFUSES as REFUSES
from ringbuffer.forks.refusing import Noted as Noted
from ringbuffer.forks.refusing import forked as forked
