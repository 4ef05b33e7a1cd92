---------------------------- MODULE BlockingProof ----------------------------
(***************************************************************************)
(* Why no wake-up is lost, for any number of consumers, with any           *)
(* dependencies, and for any number of events and alerts; with the flag of *)
(* LiteBlocking, with spinning and with timeouts, or without.              *)
(*                                                                         *)
(* `Inv` is inductive: it holds at first, and each step keeps it.  It      *)
(* implies `Safety`.  That a waiter wakes at all is liveness, and TLC's.   *)
(*                                                                         *)
(* The argument has three parts.                                           *)
(*                                                                         *)
(*   1  A consumer looks under the lock.  What it does not find is         *)
(*      stored later, by a thread that then signals, and has yet to take   *)
(*      the lock: so it notifies after the consumer has fallen asleep.     *)
(*   2  LiteBlocking: the consumer raises the flag before it looks.  The   *)
(*      flag is lowered only by a thread that is about to notify.  So the  *)
(*      signaller of part 1 finds the flag raised, and goes on.            *)
(*   3  A consumer loads several words, one after the other.  Each of them *)
(*      only grows, so the minimum of what it has loaded is reached.       *)
(***************************************************************************)
EXTENDS Blocking, FiniteSets

ASSUME
    /\ Events \in Nat
    /\ Lite \in BOOLEAN
    /\ Spins \in BOOLEAN
    /\ MayTimeOut \in BOOLEAN
    /\ IsFiniteSet(Consumers)
    /\ Publisher \notin Consumers
    /\ Halter \notin Consumers
    /\ Free \notin Consumers
    /\ \A c \in Consumers : Dependencies[c] \subseteq Consumers
    /\ IsFiniteSet(Alerted)
    /\ Alerted \subseteq Consumers

\* Where a thread has the lock.
HasLock(t) ==
    pc[t] \in {"announce", "look", "look at the other", "look for alert", "sleep", "unlock",
               "unlock halted", "lower", "notify"}

\* Where a consumer is between two loads.
IsBetween(c) == pc[c] \in {"try the other", "look at the other"}

\* Where a consumer has not yet found out whether there are events left.
AfterAnEvent == {"check", "halted", "signal", "signal lock", "lower", "notify"}

\* A consumer that has looked under the lock, and sleeps unless there is an alert.
HasMissed(c) ==
    \/ pc[c] \in {"look for alert", "sleep"} \/ c \in asleep
    \/ pc[c] = "look at the other" /\ seen[c] < Wanted(c)

\* A consumer that has announced that it may sleep, if it is LiteBlocking.
MaySleep(c) ==
    pc[c] \in {"look", "look at the other", "look for alert", "sleep"} \/ c \in asleep

IsNotified == \E t \in Threads : Notifies(t)

(* The invariant ***********************************************************)

\* Each thread is at a place of its own program.
Places ==
    /\ pc[Publisher] \in {"publish", "signal", "signal lock", "lower", "notify"}
    /\ pc[Halter] \in {"alert", "signal", "lower", "notify"}
    /\ \A c \in Consumers :
        \/ pc[c] \in {"check", "try", "try the other", "missed", "lock", "asleep", "advance"}
        \/ pc[c] \in {"signal", "signal lock", "halted"}
        \/ HasLock(c)
    /\ \A t \in Threads : pc[t] \in {"announce", "lower"} => Lite
    /\ \A t \in Threads : pc[t] = "signal lock" => Looks(t)

\* One thread has the lock, and it is where a thread has the lock.
OneHolder ==
    /\ lock \in Threads \cup {Free}
    /\ \A t \in Threads : HasLock(t) <=> lock = t

\* Only consumers wait on the condition.
Sleepers == \A c \in asleep : c \in Consumers /\ pc[c] = "asleep"

\* No more events are published than there are, and a consumer waits for one of them.
Bounds ==
    /\ -1 <= cursor /\ cursor < Events
    /\ \A c \in Consumers : -1 <= sequence[c]
    /\ \A c \in Consumers : pc[c] \in AfterAnEvent \/ Wanted(c) < Events

\* The minimum of what a consumer has loaded is reached; it has yet to load dependencies only.
Loaded ==
    \A c \in Consumers :
        /\ IsBetween(c) \/ (seen[c] = -1 /\ toRead[c] = {})
        /\ IsBetween(c) => toRead[c] # {}
        /\ \A d \in toRead[c] : d \in Dependencies[c]
        /\ seen[c] <= cursor
        /\ \A d \in Dependencies[c] : d \in toRead[c] \/ seen[c] <= sequence[d]

\* If an event has come since a consumer missed it, then a thread is about to notify.
EventsAreSignalled == \A c \in Consumers : HasMissed(c) /\ IsThere(c) => IsNotified

\* If an alert has come since a consumer looked for one, then a thread is about to notify.
AlertsAreSignalled ==
    \A c \in Consumers : (pc[c] = "sleep" \/ c \in asleep) /\ alert[c] => IsNotified

\* The flag is raised while a consumer may sleep, or the thread that lowered it is about to notify.
Flag ==
    Lite => \A c \in Consumers : MaySleep(c) => needed \/ \E t \in Threads : pc[t] = "notify"

Inv ==
    /\ Places /\ OneHolder /\ Sleepers /\ Bounds /\ Loaded /\ NoOvertaking /\ NothingIsEarly
    /\ EventsAreSignalled /\ AlertsAreSignalled /\ Flag

(* What it implies *********************************************************)

\* One thread at a time has the lock.
MutualExclusion == \A t, u \in Threads : HasLock(t) /\ HasLock(u) => t = u

\* A thread that can take no step before another one does.  TLC checks that this is what it says.
Rests(t) ==
    \/ lock # Free /\ pc[t] \in {"lock", "signal lock"}
    \/ lock # Free /\ pc[t] = "asleep"
    \/ lock # Free /\ pc[t] = "signal" /\ ~Looks(t)
    \/ t \in asleep
    \/ pc[t] = "halted"
    \/ t \in Consumers /\ pc[t] = "check" /\ sequence[t] = Events - 1
    \/ pc[t] = "publish" /\ cursor = Events - 1
    \/ pc[t] = "alert" /\ \A c \in Alerted : alert[c]

RestsIsExact ==
    /\ Rests(Publisher) <=> ~ENABLED PublisherStep
    /\ Rests(Halter) <=> ~ENABLED HalterStep
    /\ \A c \in Consumers : Rests(c) <=> ~ENABLED ConsumerStep(c)

\* When no thread can go on, unless a timeout ends, each sleeper waits for another consumer.
NobodyIsForgotten ==
    (\A t \in Threads : Rests(t)) =>
        \A c \in Consumers : c \in asleep => IsHeldUp(c) /\ ~alert[c]

Safety ==
    /\ TypeOK /\ MutualExclusion /\ NothingIsEarly /\ NoOvertaking /\ NoLostWakeUp
    /\ NobodyIsForgotten

\* The cursor and the sequences only grow, in steps of one.
OneByOne ==
    /\ cursor' = cursor \/ cursor' = cursor + 1
    /\ \A c \in Consumers :
        \/ sequence'[c] = sequence[c]
        \/ sequence'[c] = sequence[c] + 1 /\ IsThere(c)

\* A consumer leaves the condition only when it is notified, or when its time is up.
OnlyNotified ==
    \A c \in Consumers : c \in asleep =>
        \/ c \in asleep'
        \/ MayTimeOut /\ pc'[c] \in {"look", "announce"}
        \/ \E t \in Threads : pc[t] = "notify" /\ pc'[t] # "notify"

Steps == OneByOne /\ OnlyNotified

StepsHold == [][Steps]_vars
=============================================================================
