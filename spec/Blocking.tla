------------------------------ MODULE Blocking ------------------------------
(***************************************************************************)
(* The wait strategies that sleep: Blocking, TimeoutBlocking, LiteBlocking.*)
(*                                                                         *)
(* "a" waits for the cursor, "b" for the sequence of "a".  Whoever stores  *)
(* something that others wait for signals afterwards: the publisher when it*)
(* has stored the cursor, a consumer its sequence, the halter an alert.    *)
(*                                                                         *)
(*   lock       of the condition; whose it is                              *)
(*   asleep     who waits on the condition; a notification wakes them all  *)
(*   needed     LiteBlocking: whether somebody may be waiting              *)
(*                                                                         *)
(* Every action is one access, or one operation of the condition, by one   *)
(* thread: wait/blocking.py, timeout_blocking.py, lite_blocking.py.        *)
(*                                                                         *)
(* Not modelled: stores that are delayed (see StoreBuffers).               *)
(***************************************************************************)
EXTENDS Integers, FiniteSets

CONSTANTS
    Events,       \* how many events are published in all
    Lite,         \* whether it is LiteBlocking
    MayTimeOut,   \* whether a sleeper may wake up by itself
    Alerted       \* the consumer that is told to halt; or {}

VARIABLES
    pc, cursor, sequence, alert, lock, asleep, needed

vars == <<pc, cursor, sequence, alert, lock, asleep, needed>>

Consumers == {"a", "b"}
Threads == Consumers \cup {"publisher", "halter"}
Free == "nobody"

Init ==
    /\ pc = [t \in Threads |-> CASE t = "publisher" -> "publish" [] t = "halter" -> "alert" [] OTHER -> "check"]
    /\ cursor = -1
    /\ sequence = [c \in Consumers |-> -1]
    /\ alert = [c \in Consumers |-> FALSE]
    /\ lock = Free
    /\ asleep = {}
    /\ needed = FALSE

Go(t, to) == pc' = [pc EXCEPT ![t] = to]

\* What a consumer waits for.
Dependent(c) == IF c = "a" THEN cursor ELSE sequence["a"]
Wanted(c) == sequence[c] + 1
IsThere(c) == Dependent(c) >= Wanted(c)

(* A consumer **************************************************************)

CheckAlert(c) ==
    /\ pc[c] = "check"
    /\ sequence[c] < Events - 1
    /\ Go(c, IF alert[c] THEN "halted" ELSE "try")
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep, needed>>

\* Looks, without the lock; only if there is nothing it asks the strategy.
Try(c) ==
    /\ pc[c] = "try"
    /\ Go(c, IF IsThere(c) THEN "advance" ELSE "lock")
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep, needed>>

Lock(c) ==
    /\ pc[c] = "lock"
    /\ lock = Free
    /\ lock' = c
    /\ Go(c, IF Lite THEN "announce" ELSE "look")
    /\ UNCHANGED <<cursor, sequence, alert, asleep, needed>>

\* LiteBlocking: an exchange, before it looks.
Announce(c) ==
    /\ pc[c] = "announce"
    /\ needed' = TRUE
    /\ Go(c, "look")
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep>>

Look(c) ==
    /\ pc[c] = "look"
    /\ Go(c, IF IsThere(c) THEN "unlock" ELSE "look for alert")
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep, needed>>

LookForAlert(c) ==
    /\ pc[c] = "look for alert"
    /\ Go(c, IF alert[c] THEN "unlock halted" ELSE "sleep")
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep, needed>>

\* Waiting on a condition gives the lock away in the same step.
Sleep(c) ==
    /\ pc[c] = "sleep"
    /\ asleep' = asleep \cup {c}
    /\ lock' = Free
    /\ Go(c, "asleep")
    /\ UNCHANGED <<cursor, sequence, alert, needed>>

Wake(c) ==
    /\ pc[c] = "asleep"
    /\ c \notin asleep
    /\ lock = Free
    /\ lock' = c
    /\ Go(c, IF Lite THEN "announce" ELSE "look")
    /\ UNCHANGED <<cursor, sequence, alert, asleep, needed>>

\* The time is up.  The processor calls on_timeout and waits again.
TimeOut(c) ==
    /\ MayTimeOut
    /\ pc[c] = "asleep"
    /\ lock = Free
    /\ asleep' = asleep \ {c}
    /\ Go(c, "check")
    /\ UNCHANGED <<cursor, sequence, alert, lock, needed>>

Unlock(c) ==
    /\ pc[c] \in {"unlock", "unlock halted"}
    /\ lock' = Free
    /\ Go(c, IF pc[c] = "unlock" THEN "advance" ELSE "halted")
    /\ UNCHANGED <<cursor, sequence, alert, asleep, needed>>

Advance(c) ==
    /\ pc[c] = "advance"
    /\ sequence' = [sequence EXCEPT ![c] = @ + 1]
    /\ Go(c, "signal")
    /\ UNCHANGED <<cursor, alert, lock, asleep, needed>>

(* The publisher and the halter ********************************************)

Publish ==
    /\ pc["publisher"] = "publish"
    /\ cursor < Events - 1
    /\ cursor' = cursor + 1
    /\ Go("publisher", "signal")
    /\ UNCHANGED <<sequence, alert, lock, asleep, needed>>

Alert(c) ==
    /\ pc["halter"] = "alert"
    /\ c \in Alerted
    /\ alert' = [alert EXCEPT ![c] = TRUE]
    /\ Go("halter", "signal")
    /\ UNCHANGED <<cursor, sequence, lock, asleep, needed>>

(* A signal ****************************************************************)

After(t) == CASE t = "publisher" -> "publish" [] t = "halter" -> "done" [] OTHER -> "check"

\* LiteBlocking: an exchange.  Only if somebody may be waiting it takes the lock.
Exchange(t) ==
    /\ pc[t] = "signal" /\ Lite
    /\ needed' = FALSE
    /\ Go(t, IF needed THEN "signal lock" ELSE After(t))
    /\ UNCHANGED <<cursor, sequence, alert, lock, asleep>>

SignalLock(t) ==
    /\ pc[t] = (IF Lite THEN "signal lock" ELSE "signal")
    /\ lock = Free
    /\ lock' = t
    /\ Go(t, "notify")
    /\ UNCHANGED <<cursor, sequence, alert, asleep, needed>>

Notify(t) ==
    /\ pc[t] = "notify"
    /\ asleep' = {}
    /\ lock' = Free
    /\ Go(t, After(t))
    /\ UNCHANGED <<cursor, sequence, alert, needed>>

Signal(t) == Exchange(t) \/ SignalLock(t) \/ Notify(t)

ConsumerStep(c) ==
    \/ CheckAlert(c) \/ Try(c) \/ Lock(c) \/ Announce(c) \/ Look(c) \/ LookForAlert(c)
    \/ Sleep(c) \/ Wake(c) \/ Unlock(c) \/ Advance(c) \/ Signal(c)

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

Next == PublisherStep \/ HalterStep \/ (\E c \in Consumers : ConsumerStep(c) \/ TimeOut(c)) \/ Done

Spec == Init /\ [][Next]_vars

FairSpec == Spec /\ SF_vars(PublisherStep) /\ SF_vars(HalterStep) /\ \A c \in Consumers : SF_vars(ConsumerStep(c))

(* What is checked *********************************************************)

TypeOK == lock \in Threads \cup {Free} /\ asleep \subseteq Consumers

\* Who sleeps although what it waits for has happened will be woken: somebody is on the way to notify.
NoLostWakeUp ==
    \A c \in asleep :
        IsThere(c) \/ alert[c] => \E t \in Threads : pc[t] \in {"signal", "signal lock", "notify"}

EveryWaiterWakes ==
    <>[](\A c \in Consumers :
            \/ pc[c] = "halted" \/ sequence[c] = Events - 1
            \/ c = "b" /\ pc["a"] = "halted" /\ ~IsThere("b"))
=============================================================================
