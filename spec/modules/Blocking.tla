------------------------------ MODULE Blocking ------------------------------
(***************************************************************************)
(* The wait strategies that sleep: Blocking, TimeoutBlocking,              *)
(* LiteBlocking, Adaptive.                                                 *)
(*                                                                         *)
(* A consumer waits for the cursor, and for the sequences of its           *)
(* dependencies.  After a thread has stored what others wait for, it       *)
(* signals: the publisher stores the cursor, a consumer its sequence, and  *)
(* the halter an alert.                                                    *)
(*                                                                         *)
(*   lock       of the condition; the thread that has it                   *)
(*   asleep     the threads that wait on the condition; a notification     *)
(*              wakes them all                                             *)
(*   needed     LiteBlocking: the flag, whether a thread may be waiting    *)
(*                                                                         *)
(* A consumer loads one word after the other: the cursor, then the         *)
(* sequence of each dependency, in any order.  Its event is there if all   *)
(* have come so far.                                                       *)
(*                                                                         *)
(* Every action is one access, or one operation of the condition, by one   *)
(* thread: wait/blocking.py, timeout_blocking.py, lite_blocking.py,        *)
(* adaptive.py.                                                            *)
(*                                                                         *)
(* Not modelled: delayed stores, and the fence locks, which matter only    *)
(* with delayed stores (see StoreBuffers, programs "lite").                *)
(*                                                                         *)
(* BlockingProof proves what is safe here for any number of consumers,     *)
(* any dependencies and any number of events.                              *)
(***************************************************************************)
EXTENDS Integers, Graphs

CONSTANTS
    Events,       \* how many events are published in all
    Lite,         \* whether it is LiteBlocking, or Adaptive, which sleeps in the same way
    Spins,        \* whether a thread may look again any number of times before it sleeps: Adaptive
    MayTimeOut,   \* whether a sleeper may wake up by itself
    Consumers,
    Dependencies, \* [consumer |-> its dependencies: the consumers that it comes after]
    Alerted       \* the consumers that are alerted, one after the other, to halt

VARIABLES
    pc, cursor, sequence, alert, lock, asleep, needed,
    seen,         \* [consumer |-> the minimum of what it has loaded; -1 if it has yet to load]
    toRead        \* [consumer |-> dependencies whose sequence it has yet to load]

vars == <<pc, cursor, sequence, alert, lock, asleep, needed, seen, toRead>>

Publisher == "publisher"
Halter == "halter"
Threads == Consumers \cup {Publisher, Halter}
Free == "free"

Min(x, y) == IF x < y THEN x ELSE y

Init ==
    /\ pc = [t \in Threads |->
            CASE t = Publisher -> "publish" [] t = Halter -> "alert" [] OTHER -> "check"]
    /\ cursor = -1
    /\ sequence = [c \in Consumers |-> -1]
    /\ alert = [c \in Consumers |-> FALSE]
    /\ lock = Free
    /\ asleep = {}
    /\ needed = FALSE
    /\ seen = [c \in Consumers |-> -1]
    /\ toRead = [c \in Consumers |-> {}]

Go(t, to) == pc' = [pc EXCEPT ![t] = to]

\* What a consumer waits for.
Wanted(c) == sequence[c] + 1
IsThere(c) == cursor >= Wanted(c) /\ \A d \in Dependencies[c] : sequence[d] >= Wanted(c)

(* A consumer **************************************************************)

CheckAlert(c) ==
    /\ pc[c] \in {"check", "missed"}
    /\ sequence[c] < Events - 1
    /\ Go(c, IF alert[c] THEN "halted" ELSE "try")
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep, needed, seen, toRead>>

\* Loads the cursor.  A consumer with dependencies goes on to their sequences.
LoadCursor(c, found, between, missed) ==
    /\ IF Dependencies[c] = {}
       THEN Go(c, IF cursor >= Wanted(c) THEN found ELSE missed) /\ UNCHANGED <<seen, toRead>>
       ELSE /\ Go(c, between)
            /\ seen' = [seen EXCEPT ![c] = cursor]
            /\ toRead' = [toRead EXCEPT ![c] = Dependencies[c]]
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep, needed>>

\* Loads the sequence of one dependency.  The last one decides.
LoadSequence(c, d, found, missed) ==
    /\ d \in toRead[c]
    /\ IF toRead[c] = {d}
       THEN /\ Go(c, IF Min(seen[c], sequence[d]) >= Wanted(c) THEN found ELSE missed)
            /\ seen' = [seen EXCEPT ![c] = -1]
       ELSE seen' = [seen EXCEPT ![c] = Min(@, sequence[d])] /\ UNCHANGED pc
    /\ toRead' = [toRead EXCEPT ![c] = @ \ {d}]
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep, needed>>

\* Looks, without the lock; only if there is nothing it asks the strategy.  One that spins checks
\* the alert and looks again, or sleeps: when, is left open.
Missed == IF Spins THEN "missed" ELSE "lock"
Try(c) == pc[c] = "try" /\ LoadCursor(c, "advance", "try the other", Missed)
TryOther(c, d) == pc[c] = "try the other" /\ LoadSequence(c, d, "advance", Missed)

Lock(c) ==
    /\ pc[c] \in {"lock", "missed"}
    /\ lock = Free
    /\ lock' = c
    /\ Go(c, IF Lite THEN "announce" ELSE "look")
    /\ UNCHANGED <<cursor, sequence, alert, asleep, needed, seen, toRead>>

\* LiteBlocking: it raises the flag before it looks.
Announce(c) ==
    /\ pc[c] = "announce"
    /\ needed' = TRUE
    /\ Go(c, "look")
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep, seen, toRead>>

Look(c) == pc[c] = "look" /\ LoadCursor(c, "unlock", "look at the other", "look for alert")
LookAtOther(c, d) ==
    pc[c] = "look at the other" /\ LoadSequence(c, d, "unlock", "look for alert")

LookForAlert(c) ==
    /\ pc[c] = "look for alert"
    /\ Go(c, IF alert[c] THEN "unlock halted" ELSE "sleep")
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep, needed, seen, toRead>>

\* Waiting on a condition gives the lock away in the same step.
Sleep(c) ==
    /\ pc[c] = "sleep"
    /\ asleep' = asleep \cup {c}
    /\ lock' = Free
    /\ Go(c, "asleep")
    /\ UNCHANGED <<cursor, sequence, alert, needed, seen, toRead>>

Wake(c) ==
    /\ pc[c] = "asleep"
    /\ c \notin asleep
    /\ lock = Free
    /\ lock' = c
    /\ Go(c, IF Lite THEN "announce" ELSE "look")
    /\ UNCHANGED <<cursor, sequence, alert, asleep, needed, seen, toRead>>

\* No thread has woken it, but its time may be up.  It looks once more.
TimeOut(c) ==
    /\ MayTimeOut
    /\ pc[c] = "asleep"
    /\ c \in asleep
    /\ lock = Free
    /\ lock' = c
    /\ asleep' = asleep \ {c}
    /\ Go(c, IF Lite THEN "announce" ELSE "look")
    /\ UNCHANGED <<cursor, sequence, alert, needed, seen, toRead>>

\* Its time is up, so it unlocks and does not sleep.  The processor calls on_timeout, and waits
\* again.
OutOfTime(c) ==
    /\ MayTimeOut
    /\ pc[c] = "sleep"
    /\ lock' = Free
    /\ Go(c, "check")
    /\ UNCHANGED <<cursor, sequence, alert, asleep, needed, seen, toRead>>

Unlock(c) ==
    /\ pc[c] \in {"unlock", "unlock halted"}
    /\ lock' = Free
    /\ Go(c, IF pc[c] = "unlock" THEN "advance" ELSE "halted")
    /\ UNCHANGED <<cursor, sequence, alert, asleep, needed, seen, toRead>>

Advance(c) ==
    /\ pc[c] = "advance"
    /\ sequence' = [sequence EXCEPT ![c] = @ + 1]
    /\ Go(c, "signal")
    /\ UNCHANGED <<cursor, alert, lock, asleep, needed, seen, toRead>>

(* The publisher and the halter ********************************************)

Publish ==
    /\ pc[Publisher] = "publish"
    /\ cursor < Events - 1
    /\ cursor' = cursor + 1
    /\ Go(Publisher, "signal")
    /\ UNCHANGED <<sequence, alert, lock, asleep, needed, seen, toRead>>

Alert(c) ==
    /\ pc[Halter] = "alert"
    /\ c \in Alerted /\ ~alert[c]
    /\ alert' = [alert EXCEPT ![c] = TRUE]
    /\ Go(Halter, "signal")
    /\ UNCHANGED <<cursor, sequence, lock, asleep, needed, seen, toRead>>

(* A signal ****************************************************************)

After(t) == CASE t = Publisher -> "publish" [] t = Halter -> "alert" [] OTHER -> "check"

\* LiteBlocking: it takes the lock only if a thread may be waiting.  The halter always takes it.
Looks(t) == Lite /\ t # Halter

LookWhoWaits(t) ==
    /\ pc[t] = "signal" /\ Looks(t)
    /\ Go(t, IF needed THEN "signal lock" ELSE After(t))
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep, needed, seen, toRead>>

SignalLock(t) ==
    /\ pc[t] = (IF Looks(t) THEN "signal lock" ELSE "signal")
    /\ lock = Free
    /\ lock' = t
    /\ Go(t, IF Lite THEN "lower" ELSE "notify")
    /\ UNCHANGED <<cursor, sequence, alert, asleep, needed, seen, toRead>>

\* While another thread has the lock, each thread that raised the flag is asleep.  The notification
\* comes before the lock is free again.
Lower(t) ==
    /\ pc[t] = "lower"
    /\ needed' = FALSE
    /\ Go(t, "notify")
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep, seen, toRead>>

Notify(t) ==
    /\ pc[t] = "notify"
    /\ asleep' = {}
    /\ lock' = Free
    /\ Go(t, After(t))
    /\ UNCHANGED <<cursor, sequence, alert, needed, seen, toRead>>

Signal(t) == LookWhoWaits(t) \/ SignalLock(t) \/ Lower(t) \/ Notify(t)

ConsumerStep(c) ==
    \/ CheckAlert(c) \/ Try(c) \/ Lock(c) \/ Announce(c) \/ Look(c) \/ LookForAlert(c)
    \/ Sleep(c) \/ Wake(c) \/ Unlock(c) \/ Advance(c) \/ Signal(c)
    \/ \E d \in Dependencies[c] : TryOther(c, d) \/ LookAtOther(c, d)

PublisherStep == Publish \/ Signal(Publisher)
HalterStep == Signal(Halter) \/ \E c \in Consumers : Alert(c)

\* A dependency has not handled the event that the consumer waits for.
IsHeldUp(c) == \E d \in Dependencies[c] : sequence[d] < Wanted(c)

Done ==
    /\ pc[Publisher] = "publish" /\ cursor = Events - 1
    /\ pc[Halter] = "alert" /\ \A c \in Alerted : alert[c]
    /\ \A c \in Consumers :
         \/ pc[c] = "halted"
         \/ pc[c] = "check" /\ sequence[c] = Events - 1
         \/ pc[c] = "asleep" /\ IsHeldUp(c) /\ ~alert[c]
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

TypeOK ==
    /\ lock \in Threads \cup {Free}
    /\ asleep \subseteq Consumers
    /\ cursor \in -1..Events-1

\* A consumer goes on only to an event that is there.
NothingIsEarly == \A c \in Consumers : pc[c] \in {"unlock", "advance"} => IsThere(c)

\* A consumer is not ahead of the cursor, nor of its dependencies.
NoOvertaking ==
    \A c \in Consumers :
        sequence[c] <= cursor /\ \A d \in Dependencies[c] : sequence[c] <= sequence[d]

\* A thread that is about to notify the sleepers.
Notifies(t) == pc[t] \in {"signal", "signal lock", "lower", "notify"}

\* If a consumer sleeps although its event is there, then some thread is about to notify it.
NoLostWakeUp ==
    \A c \in Consumers :
        c \in asleep /\ (IsThere(c) \/ alert[c]) => \E t \in Threads : Notifies(t)

\* The graph has no cycle, so the last consumer that holds up others has been halted.
EveryWaiterWakes ==
    <>[](\A c \in Consumers : pc[c] = "halted" \/ sequence[c] = Events - 1 \/ IsHeldUp(c))
=============================================================================
