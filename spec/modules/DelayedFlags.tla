---------------------------- MODULE DelayedFlags ------------------------------
(***************************************************************************)
(* MultiProducer on a machine that delays stores, any number of them.      *)
(*                                                                         *)
(*   cursor     the last claim                                             *)
(*   slot       [index |-> the event that is in memory]                    *)
(*   flag       [index |-> the parity of the lap that is published there]  *)
(*   sequence   for each consumer, the last event it has finished with     *)
(*                                                                         *)
(* Each is what is in memory.  A store goes into the buffer of its thread, *)
(* and from there to memory at any later time.  A flag is stored by a      *)
(* release: it goes to memory after the event before it.  Other stores     *)
(* pass each other.  The cursor changes by compare-and-swap, at once.      *)
(*                                                                         *)
(* An event is claimed, stored to its slot, and flagged.  The sets below   *)
(* say how far each event is.  Which producer has claimed it makes no      *)
(* difference, nor whether that producer has claimed again meanwhile.      *)
(*                                                                         *)
(* Producers store the limit, in any order, and a store may be delayed for *)
(* any time.  So a load of it may find any limit that was ever stored.     *)
(*                                                                         *)
(* Not modelled: loads out of order; claims that are given up.  See        *)
(* DelayedRing for one producer, and for the order of a cursor's stores.   *)
(***************************************************************************)
EXTENDS Integers, FiniteSets, Graphs

CONSTANTS
    Size,         \* slots in the ring
    Events,       \* how many events can be claimed in all
    Batches,      \* sizes of claims
    Producers,
    Consumers,
    Dependencies, \* [consumer |-> its dependencies: the consumers that it comes after]
    Releases      \* whether a flag is stored by a release, or by a plain store

VARIABLES
    pc,           \* [thread |-> where it is]
    cursor, slot, flag, sequence,
    unwritten,    \* events that are claimed, and not yet stored
    delayed,      \* events that are stored, and not in memory
    flagging,     \* events whose flag is stored, and not in memory
    unpublished,  \* events that are claimed, and whose flag is not in memory
    limits,       \* all limits that were stored
    \* of each thread:
    known,        \* up to here it has found everything published
    last,         \* the cursor that bounds its search of the flags
    lowest,       \* the minimum of the sequences that it has looked at
    toRead,       \* the consumers whose sequence it has yet to look at
    \* of the producers:
    current,      \* the cursor that its claim is to replace
    high,         \* the last event of that claim
    \* of the consumers:
    finished,     \* the last event for which it has stored its sequence
    reading       \* the event that it reads next

memory == <<cursor, slot, flag, sequence>>
buffers == <<unwritten, delayed, flagging, unpublished, limits>>
search == <<known, last>>
minima == <<lowest, toRead>>
claim == <<current, high>>
consumer == <<finished, reading>>
vars == <<pc, memory, buffers, search, minima, claim, consumer>>

Threads == Producers \cup Consumers

Index(s) == s % Size
Parity(s) == (s \div Size) % 2
Min(a, b) == IF a < b THEN a ELSE b
Max(a, b) == IF a < b THEN b ELSE a

NoEvents == 0..-1     \* a set of numbers

Init ==
    /\ pc = [t \in Threads |-> IF t \in Producers THEN "claim" ELSE "wait"]
    /\ cursor = -1
    /\ slot = [i \in 0..Size-1 |-> -1]
    /\ flag = [i \in 0..Size-1 |-> 1]       \* the parity of lap -1
    /\ sequence = [c \in Consumers |-> -1]
    /\ unwritten = NoEvents /\ delayed = NoEvents /\ flagging = NoEvents
    /\ unpublished = NoEvents
    /\ limits = {Size - 1}
    /\ known = [t \in Threads |-> -1]
    /\ last = [t \in Threads |-> -1]
    /\ lowest = [t \in Threads |-> -1]
    /\ toRead = [t \in Threads |-> {}]
    /\ current = [p \in Producers |-> -1]
    /\ high = [p \in Producers |-> -1]
    /\ finished = [c \in Consumers |-> -1]
    /\ reading = [c \in Consumers |-> 0]

Go(t, to) == pc' = [pc EXCEPT ![t] = to]

(* What is published, as every thread sees it ******************************)

\* Loads the cursor, which bounds the search.  What lies a ring before it is published.
StartSearch(t) ==
    /\ \/ pc[t] = "wait"
       \/ pc[t] = "look" /\ toRead[t] = {}
    /\ last' = [last EXCEPT ![t] = cursor]
    /\ known' = [known EXCEPT ![t] = Max(@, cursor - Size)]
    /\ Go(t, "search")
    /\ UNCHANGED <<memory, buffers, minima, claim, consumer>>

\* Loads the flag behind what is known; goes on until one says no, or the cursor is reached.
Search(t) ==
    LET next == known[t] + 1 IN
    /\ pc[t] = "search"
    /\ IF next <= last[t] /\ flag[Index(next)] = Parity(next)
       THEN known' = [known EXCEPT ![t] = next] /\ UNCHANGED pc
       ELSE Go(t, "found") /\ UNCHANGED known
    /\ UNCHANGED <<memory, buffers, last, minima, claim, consumer>>

\* Loads the sequence of one consumer.
Look(t, c) ==
    /\ pc[t] \in {"look", "depend"}
    /\ c \in toRead[t]
    /\ lowest' = [lowest EXCEPT ![t] = Min(@, sequence[c])]
    /\ toRead' = [toRead EXCEPT ![t] = @ \ {c}]
    /\ UNCHANGED <<pc, memory, buffers, search, claim, consumer>>

(* A producer **************************************************************)

\* Loads the cursor: the claim would begin behind it.
LoadCursor(p, n) ==
    /\ pc[p] = "claim"
    /\ cursor + n < Events
    /\ current' = [current EXCEPT ![p] = cursor]
    /\ high' = [high EXCEPT ![p] = cursor + n]
    /\ Go(p, "limit")
    /\ UNCHANGED <<memory, buffers, search, minima, consumer>>

\* Loads the limit: is there free capacity?
LoadLimit(p) ==
    /\ pc[p] = "limit"
    /\ \E limit \in limits :
        IF high[p] <= limit
        THEN Go(p, "swap") /\ UNCHANGED minima
        ELSE /\ Go(p, "look")
             /\ lowest' = [lowest EXCEPT ![p] = Events]
             /\ toRead' = [toRead EXCEPT ![p] = Consumers]
    /\ UNCHANGED <<memory, buffers, search, claim, consumer>>

\* Stores the limit.
KeepLimit(p) ==
    LET room == Min(lowest[p], known[p]) + Size IN
    /\ p \in Producers
    /\ pc[p] = "found"
    /\ limits' = limits \cup {room}
    /\ Go(p, IF high[p] <= room THEN "swap" ELSE "claim")
    /\ UNCHANGED <<memory, unwritten, delayed, flagging, unpublished, search, minima, claim,
                   consumer>>

\* The compare-and-swap on the cursor: only now the claim is made.
Swap(p) ==
    /\ pc[p] = "swap"
    /\ IF cursor = current[p]
       THEN /\ cursor' = high[p]
            /\ unwritten' = unwritten \cup (current[p] + 1)..high[p]
            /\ unpublished' = unpublished \cup (current[p] + 1)..high[p]
       ELSE UNCHANGED <<cursor, unwritten, unpublished>>
    /\ Go(p, "claim")
    /\ UNCHANGED <<slot, flag, sequence, delayed, flagging, limits, search, minima, claim,
                   consumer>>

\* Its producer stores an event to its slot.
Write(s) ==
    /\ s \in unwritten
    /\ unwritten' = unwritten \ {s}
    /\ delayed' = delayed \cup {s}
    /\ UNCHANGED <<pc, memory, flagging, unpublished, limits, search, minima, claim, consumer>>

\* Its producer stores its flag.
Publish(s) ==
    /\ s \in unpublished \ unwritten
    /\ flagging' = flagging \cup {s}
    /\ UNCHANGED <<pc, memory, unwritten, delayed, unpublished, limits, search, minima, claim,
                   consumer>>

(* A consumer **************************************************************)

\* What is published, and then its dependencies, bound what is available.
Depend(c) ==
    /\ c \in Consumers
    /\ pc[c] = "found"
    /\ lowest' = [lowest EXCEPT ![c] = known[c]]
    /\ toRead' = [toRead EXCEPT ![c] = Dependencies[c]]
    /\ Go(c, "depend")
    /\ UNCHANGED <<memory, buffers, search, claim, consumer>>

Decide(c) ==
    /\ pc[c] = "depend"
    /\ toRead[c] = {}
    /\ Go(c, IF lowest[c] >= reading[c] THEN "read" ELSE "wait")
    /\ UNCHANGED <<memory, buffers, search, minima, claim, consumer>>

\* Loads the event from its slot.
Read(c) ==
    /\ pc[c] = "read"
    /\ reading[c] <= lowest[c]
    /\ reading' = [reading EXCEPT ![c] = @ + 1]
    /\ UNCHANGED <<pc, memory, buffers, search, minima, claim, finished>>

\* Stores its sequence.
Advance(c) ==
    /\ pc[c] = "read"
    /\ reading[c] > lowest[c]
    /\ finished' = [finished EXCEPT ![c] = lowest[c]]
    /\ Go(c, "wait")
    /\ UNCHANGED <<memory, buffers, search, minima, claim, reading>>

(* What goes from a buffer to memory, at any time **************************)

DrainSlot(s) ==
    /\ s \in delayed
    /\ slot' = [slot EXCEPT ![Index(s)] = s]
    /\ delayed' = delayed \ {s}
    /\ UNCHANGED <<pc, cursor, flag, sequence, unwritten, flagging, unpublished, limits, search,
                   minima, claim, consumer>>

\* A release waits for the store before it.
DrainFlag(s) ==
    /\ s \in flagging
    /\ Releases => s \notin delayed
    /\ flag' = [flag EXCEPT ![Index(s)] = Parity(s)]
    /\ flagging' = flagging \ {s}
    /\ unpublished' = unpublished \ {s}
    /\ UNCHANGED <<pc, cursor, slot, sequence, unwritten, delayed, limits, search, minima, claim,
                   consumer>>

DrainSequence(c) ==
    /\ sequence[c] < finished[c]
    /\ sequence' = [sequence EXCEPT ![c] = @ + 1]
    /\ UNCHANGED <<pc, cursor, slot, flag, buffers, search, minima, claim, consumer>>

(* All together ************************************************************)

ProducerStep(p) ==
    \/ LoadLimit(p) \/ KeepLimit(p) \/ Swap(p)
    \/ \E n \in Batches : LoadCursor(p, n)

ConsumerStep(c) == Depend(c) \/ Decide(c) \/ Read(c) \/ Advance(c) \/ DrainSequence(c)

Next ==
    \/ \E p \in Producers : ProducerStep(p)
    \/ \E c \in Consumers : ConsumerStep(c)
    \/ \E t \in Threads : StartSearch(t) \/ Search(t) \/ \E c \in Consumers : Look(t, c)
    \/ \E s \in unpublished : Write(s) \/ Publish(s) \/ DrainSlot(s) \/ DrainFlag(s)
    \/ UNCHANGED vars

Spec == Init /\ [][Next]_vars

(* What is checked *********************************************************)

TypeOK ==
    /\ cursor \in -1..Events-1
    /\ unpublished \subseteq 0..cursor
    /\ \A c \in Consumers : sequence[c] \in -1..cursor

\* Whenever a consumer may read an event, its slot has that event.
ReadsAreRight ==
    \A c \in Consumers :
        pc[c] = "read" /\ reading[c] <= lowest[c] => slot[Index(reading[c])] = reading[c]

NoOvertaking == \A c \in Consumers : \A d \in Dependencies[c] : sequence[c] <= sequence[d]

\* What is claimed is never more than a ring ahead of the slowest consumer, nor of a gap.
NothingIsOverwritten ==
    /\ \A s \in unpublished : cursor < s + Size
    /\ \A c \in Consumers : cursor <= sequence[c] + Size
=============================================================================
