"""`bind_receiver`: the functions by which a follower receives messages: see `LeaderFollowers`."""

from collections.abc import Callable
from contextvars import Context

from ringbuffer.messaging.queues.follower import Follower
from ringbuffer.messaging.queues.leader_followers import LeaderFollowers
from ringbuffer.messaging.queues.source import BindTake, Check, MessageReceiver


def bind_receiver[M](
    followers: LeaderFollowers, follower: Follower, bind_take: BindTake[M]
) -> MessageReceiver[M]:
    """The calling thread's own functions for a follower.

    They enter and leave the lock by its methods, bound once: a `with` block looks both up each
    time, which doubles the cost of the lock. No signal handler can run between `enter` and
    `try`: signals are handled in the main thread, which does not belong to a consumer.
    """
    lock, lead, attention = followers.lock, followers.lead, followers.attention
    enter, leave = lock.__enter__, lock.__exit__
    dequeuer = followers.source.dequeuer()
    take, wait = bind_take(dequeuer), dequeuer.wait
    # For a thread that may find messages that have come back.
    take_any = bind_take(followers.with_returned(dequeuer))

    def receive_now() -> M | None:
        with lock:
            return followers.take_or_rest(follower, take_any)

    def receive() -> M | None:
        with lock:
            envelope = followers.take_or_rest(follower, take_any)
        return await_message(False) if envelope is None else envelope

    def await_message(
        leads: bool,
        # Bound here because a local is read several times as fast as a variable of the
        # enclosing function.
        lead: list[Follower | None] = lead,
        attention: list[int] = attention,
        follower: Follower = follower,
        enter: Callable[[], object] = enter,
        leave: Callable[[None, None, None], object] = leave,
        take: Callable[[int], M | None] = take,
        wait: Callable[[], None] = wait,
    ) -> M | None:
        """Rest until there is a message for the follower, or it is to stop.

        `leads` says whether the follower led, and was not to stop, when the lock was held.

        Each iteration sleeps until the follower gets the lead, or waits for a message.
        Terminates because `stop` ends both, or the next check sees it: a leader that was not
        to stop when the lock was held last is interrupted.
        """
        while True:
            if not leads:
                with lock:
                    if follower.is_stopping:
                        return None
                    leads = lead[0] is follower
                if not leads:
                    follower.sleep()
                    continue
            if not followers.returned:
                wait()
            enter()
            try:
                if attention[0] == 1:
                    # It leads, the line is empty, and no follower is to stop. As below,
                    # without a successor.
                    envelope = take(0)
                    if envelope is not None:
                        lead[0] = None
                        attention[0] = 0
                        if follower.hold is not None:
                            follower.hold(envelope)
                        return envelope
                    continue
                if follower.is_stopping:
                    return None
                envelope = take_any(0)
                successor = None if envelope is None else followers.pass_on()
                if envelope is not None and follower.hold is not None:
                    follower.hold(envelope)
            finally:
                leave(None, None, None)
            if successor is not None:
                successor.wake()
            if envelope is not None:
                return envelope

    def run(
        handle: Callable[[M], object],
        check: Check,
        fail: Callable[[M], None],
        context: Context,
        pristine: Context,
    ) -> bool:
        # Locals, because a variable of the enclosing function takes several times as long.
        enter_, leave_, take_ = enter, leave, take
        followers_, follower_, lead_, attention_ = followers, follower, lead, attention
        # Each iteration handles a message. Terminates because `stop` ends the wait in
        # `await_message`, or a handler changes the context.
        while True:
            leads = False
            enter_()
            try:
                if attention_[0]:
                    envelope = followers_.take_or_rest(follower_, take_any)
                else:
                    envelope = take_(0)
                    if envelope is None:  # as `_rest` while no follower rests
                        leads = True
                        lead_[0] = follower_
                        attention_[0] = 1
            finally:
                leave_(None, None, None)
            if envelope is None:
                envelope = await_message(leads)
                if envelope is None:
                    return False
            try:
                result = handle(envelope)
                if result is not None:
                    check(result)
                    result = None
            except BaseException:
                fail(envelope)
            envelope = None
            if context != pristine:
                return True

    return MessageReceiver(receive_now, receive, run, dequeuer.taken)
