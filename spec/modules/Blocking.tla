------------------------------ MODULE Blocking ------------------------------
(***************************************************************************)
(* The wait strategies that sleep: Blocking, TimeoutBlocking,              *)
(* LiteBlocking, Adaptive.                                                 *)
(*                                                                         *)
(* "a" waits for the cursor, "b" for the sequence of "a".  After a thread  *)
(* has stored what others wait for, it signals: the publisher stores the   *)
(* cursor, a consumer its sequence, and the halter an alert.               *)
(*                                                                         *)
(*   lock       of the condition; the thread that has it                   *)
(*   asleep     the threads that wait on the condition; a notification     *)
(*              wakes them all                                             *)
(*   needed     LiteBlocking: the flag, whether a thread may be waiting    *)
(*                                                                         *)
(* "b" loads two words, the cursor and then the sequence of "a".  Its      *)
(* event is there if both have come so far.                                *)
(*                                                                         *)
(* Every action is one access, or one operation of the condition, by one   *)
(* thread: wait/blocking.py, timeout_blocking.py, lite_blocking.py,        *)
(* adaptive.py.                                                            *)
(*                                                                         *)
(* Not modelled: delayed stores, and the fence locks, which matter only    *)
(* with delayed stores (see StoreBuffers, programs "lite").                *)
(***************************************************************************)
EXTENDS Integers, FiniteSets

CONSTANTS
    Events,       \* how many events are published in all
    Lite,         \* whether it is LiteBlocking, or Adaptive, which sleeps in the same way
    Spins,        \* whether a thread may look again any number of times before it sleeps: Adaptive
    MayTimeOut,   \* whether a sleeper may wake up by itself
    Alerted       \* the consumer that is alerted, to halt; or {}

VARIABLES
    pc, cursor, sequence, alert, lock, asleep, needed,
    seen          \* the cursor, as "b" has loaded it; -1 while it is not between its two loads

vars == <<pc, cursor, sequence, alert, lock, asleep, needed, seen>>

Consumers == {"a", "b"}
Threads == Consumers \cup {"publisher", "halter"}
Free == "free"

Min(x, y) == IF x < y THEN x ELSE y

Init ==
    /\ pc = [t \in Threads |->
            CASE t = "publisher" -> "publish" [] t = "halter" -> "alert" [] OTHER -> "check"]
    /\ cursor = -1
    /\ sequence = [c \in Consumers |-> -1]
    /\ alert = [c \in Consumers |-> FALSE]
    /\ lock = Free
    /\ asleep = {}
    /\ needed = FALSE
    /\ seen = -1

Go(t, to) == pc' = [pc EXCEPT ![t] = to]

\* What a consumer waits for.
Dependent(c) == IF c = "a" THEN cursor ELSE sequence["a"]
Wanted(c) == sequence[c] + 1
IsThere(c) == Dependent(c) >= Wanted(c)

(* A consumer **************************************************************)

CheckAlert(c) ==
    /\ pc[c] \in {"check", "missed"}
    /\ sequence[c] < Events - 1
    /\ Go(c, IF alert[c] THEN "halted" ELSE "try")
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep, needed, seen>>

\* Loads the cursor.  "b" goes on to the sequence of "a".
LoadCursor(c, found, between, missed) ==
    /\ IF c = "a"
       THEN Go(c, IF cursor >= Wanted(c) THEN found ELSE missed) /\ UNCHANGED seen
       ELSE Go(c, between) /\ seen' = cursor
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep, needed>>

\* Loads the sequence of "a".
LoadSequence(c, found, missed) ==
    /\ Go(c, IF Min(seen, sequence["a"]) >= Wanted(c) THEN found ELSE missed)
    /\ seen' = -1
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep, needed>>

\* Looks, without the lock; only if there is nothing it asks the strategy.  One that spins checks
\* the alert and looks again, or sleeps: when, is left open.
Missed == IF Spins THEN "missed" ELSE "lock"
Try(c) == pc[c] = "try" /\ LoadCursor(c, "advance", "try the other", Missed)
TryOther(c) == pc[c] = "try the other" /\ LoadSequence(c, "advance", Missed)

Lock(c) ==
    /\ pc[c] \in {"lock", "missed"}
    /\ lock = Free
    /\ lock' = c
    /\ Go(c, IF Lite THEN "announce" ELSE "look")
    /\ UNCHANGED <<cursor, sequence, alert, asleep, needed, seen>>

\* LiteBlocking: it raises the flag before it looks.
Announce(c) ==
    /\ pc[c] = "announce"
    /\ needed' = TRUE
    /\ Go(c, "look")
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep, seen>>

Look(c) == pc[c] = "look" /\ LoadCursor(c, "unlock", "look at the other", "look for alert")
LookAtOther(c) == pc[c] = "look at the other" /\ LoadSequence(c, "unlock", "look for alert")

LookForAlert(c) ==
    /\ pc[c] = "look for alert"
    /\ Go(c, IF alert[c] THEN "unlock halted" ELSE "sleep")
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep, needed, seen>>

\* Waiting on a condition gives the lock away in the same step.
Sleep(c) ==
    /\ pc[c] = "sleep"
    /\ asleep' = asleep \cup {c}
    /\ lock' = Free
    /\ Go(c, "asleep")
    /\ UNCHANGED <<cursor, sequence, alert, needed, seen>>

Wake(c) ==
    /\ pc[c] = "asleep"
    /\ c \notin asleep
    /\ lock = Free
    /\ lock' = c
    /\ Go(c, IF Lite THEN "announce" ELSE "look")
    /\ UNCHANGED <<cursor, sequence, alert, asleep, needed, seen>>

\* No thread has woken it, but its time may be up.  It looks once more.
TimeOut(c) ==
    /\ MayTimeOut
    /\ pc[c] = "asleep"
    /\ c \in asleep
    /\ lock = Free
    /\ lock' = c
    /\ asleep' = asleep \ {c}
    /\ Go(c, IF Lite THEN "announce" ELSE "look")
    /\ UNCHANGED <<cursor, sequence, alert, needed, seen>>

\* Its time is up, so it unlocks and does not sleep.  The processor calls on_timeout, and waits
\* again.
OutOfTime(c) ==
    /\ MayTimeOut
    /\ pc[c] = "sleep"
    /\ lock' = Free
    /\ Go(c, "check")
    /\ UNCHANGED <<cursor, sequence, alert, asleep, needed, seen>>

Unlock(c) ==
    /\ pc[c] \in {"unlock", "unlock halted"}
    /\ lock' = Free
    /\ Go(c, IF pc[c] = "unlock" THEN "advance" ELSE "halted")
    /\ UNCHANGED <<cursor, sequence, alert, asleep, needed, seen>>

Advance(c) ==
    /\ pc[c] = "advance"
    /\ sequence' = [sequence EXCEPT ![c] = @ + 1]
    /\ Go(c, "signal")
    /\ UNCHANGED <<cursor, alert, lock, asleep, needed, seen>>

(* The publisher and the halter ********************************************)

Publish ==
    /\ pc["publisher"] = "publish"
    /\ cursor < Events - 1
    /\ cursor' = cursor + 1
    /\ Go("publisher", "signal")
    /\ UNCHANGED <<sequence, alert, lock, asleep, needed, seen>>

Alert(c) ==
    /\ pc["halter"] = "alert"
    /\ c \in Alerted
    /\ alert' = [alert EXCEPT ![c] = TRUE]
    /\ Go("halter", "signal")
    /\ UNCHANGED <<cursor, sequence, lock, asleep, needed, seen>>

(* A signal ****************************************************************)

After(t) == CASE t = "publisher" -> "publish" [] t = "halter" -> "done" [] OTHER -> "check"

\* LiteBlocking: it takes the lock only if a thread may be waiting.  The halter always takes it.
Looks(t) == Lite /\ t # "halter"

LookWhoWaits(t) ==
    /\ pc[t] = "signal" /\ Looks(t)
    /\ Go(t, IF needed THEN "signal lock" ELSE After(t))
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep, needed, seen>>

SignalLock(t) ==
    /\ pc[t] = (IF Looks(t) THEN "signal lock" ELSE "signal")
    /\ lock = Free
    /\ lock' = t
    /\ Go(t, IF Lite THEN "lower" ELSE "notify")
    /\ UNCHANGED <<cursor, sequence, alert, asleep, needed, seen>>

\* While another thread has the lock, each thread that raised the flag is asleep.  The notification
\* comes before the lock is free again.
Lower(t) ==
    /\ pc[t] = "lower"
    /\ needed' = FALSE
    /\ Go(t, "notify")
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep, seen>>

Notify(t) ==
    /\ pc[t] = "notify"
    /\ asleep' = {}
    /\ lock' = Free
    /\ Go(t, After(t))
    /\ UNCHANGED <<cursor, sequence, alert, needed, seen>>

Signal(t) == LookWhoWaits(t) \/ SignalLock(t) \/ Lower(t) \/ Notify(t)

ConsumerStep(c) ==
    \/ CheckAlert(c) \/ Try(c) \/ Lock(c) \/ Announce(c) \/ Look(c) \/ LookForAlert(c)
    \/ Sleep(c) \/ Wake(c) \/ Unlock(c) \/ Advance(c) \/ Signal(c)
    \/ TryOther(c) \/ LookAtOther(c)

PublisherStep == Publish \/ Signal("publisher")
HalterStep == Signal("halter") \/ \E c \in Consumers : Alert(c)

Done ==
    /\ pc["publisher"] = "publish" /\ cursor = Events - 1
    /\ pc["halter"] = "done" \/ (pc["halter"] = "alert" /\ Alerted = {})
    /\ \A c \in Consumers :
         \/ pc[c] = "halted"
         \/ pc[c] = "check" /\ sequence[c] = Events - 1
         \/ c = "b" /\ pc["a"] = "halted" /\ pc["b"] = "asleep" /\ ~IsThere("b") /\ ~alert["b"]
    /\ UNCHANGED vars

Next ==
    \/ PublisherStep \/ HalterStep \/ Done
    \/ \E c \in Consumers : ConsumerStep(c) \/ TimeOut(c) \/ OutOfTime(c)

Spec == Init /\ [][Next]_vars

FairSpec ==
    /\ Spec
    /\ SF_vars(PublisherStep) /\ SF_vars(HalterStep)
    /\ \A c \in Consumers : SF_vars(ConsumerStep(c))

(* What is checked *********************************************************)

TypeOK == lock \in Threads \cup {Free} /\ asleep \subseteq Consumers

\* If a consumer sleeps although its event is there, then some thread is about to notify it.
NoLostWakeUp ==
    \A c \in asleep :
        IsThere(c) \/ alert[c] =>
            \E t \in Threads : pc[t] \in {"signal", "signal lock", "lower", "notify"}

EveryWaiterWakes ==
    <>[](\A c \in Consumers :
            \/ pc[c] = "halted" \/ sequence[c] = Events - 1
            \/ c = "b" /\ pc["a"] = "halted" /\ ~IsThere("b"))
=============================================================================
