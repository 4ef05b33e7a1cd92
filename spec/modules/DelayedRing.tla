----------------------------- MODULE DelayedRing ------------------------------
(***************************************************************************)
(* SingleProducer on a machine that delays stores, any number of them.     *)
(*                                                                         *)
(*   slot       [index |-> the event that is in memory]                    *)
(*   cursor     the last event published, in memory                        *)
(*   sequence   for each consumer, the last event it has finished with, in *)
(*              memory                                                     *)
(*                                                                         *)
(* A store goes into the buffer of its thread, and from there to memory at *)
(* any later time.  The buffer of the producer has stores to slots and to  *)
(* the cursor, that of a consumer stores to its sequence.                  *)
(*                                                                         *)
(* Stores to one word keep their order.  The cursor is stored by a         *)
(* release: it goes to memory after all stores before it.  Order = "TSO":  *)
(* the stores to slots keep their order too, as on x86-64; "weak": they go *)
(* to memory in any order, also before an earlier store to the cursor.     *)
(*                                                                         *)
(* A word that counts upwards has one thread that stores to it.  So its    *)
(* stores in the buffer are what lies between memory and what the thread   *)
(* knows.  Here each event between may be seen.  The code stores only the  *)
(* last one of a batch: that is a part of these behaviours.                *)
(*                                                                         *)
(* Not modelled: loads out of order (the code's loads are load-acquires);  *)
(* more than one word for each event: each such word is as a slot of its   *)
(* own.                                                                    *)
(***************************************************************************)
EXTENDS Integers, FiniteSets, Graphs

CONSTANTS
    Size,         \* slots in the ring
    Events,       \* how many events are published in all
    Consumers,
    Dependencies, \* [consumer |-> its dependencies: the consumers that it comes after]
    Order,        \* "TSO" or "weak"
    Releases      \* whether the cursor is stored by a release, or by a plain store

VARIABLES
    pc,           \* [thread |-> where it is]
    slot, cursor, sequence,
    \* of the producer, and its buffer:
    written,      \* the last event that it has stored into a slot
    published,    \* the last event that it has published
    delayed,      \* the events that it has stored, and that are not in memory
    limit,        \* the last event that is known to have a free slot
    lowest,       \* the minimum of the sequences it has looked at
    toRead,       \* [thread |-> consumers whose sequence it has yet to look at]
    \* of the consumers, and their buffers:
    finished,     \* [consumer |-> the last event for which it has stored its sequence]
    available,    \* [consumer |-> how far it may go]
    reading       \* [consumer |-> the event that it reads next]

producerVars == <<written, published, delayed, limit, lowest>>
consumerVars == <<finished, available, reading>>
vars == <<pc, slot, cursor, sequence, producerVars, toRead, consumerVars>>

Producer == "producer"
Threads == Consumers \cup {Producer}

Index(s) == s % Size
Min(a, b) == IF a < b THEN a ELSE b

Init ==
    /\ pc = [t \in Threads |-> IF t = Producer THEN "claim" ELSE "wait"]
    /\ slot = [i \in 0..Size-1 |-> -1]
    /\ cursor = -1
    /\ sequence = [c \in Consumers |-> -1]
    /\ written = -1 /\ published = -1 /\ limit = Size - 1 /\ lowest = -1
    /\ delayed = 0..-1      \* none; a set of numbers
    /\ toRead = [t \in Threads |-> {}]
    /\ finished = [c \in Consumers |-> -1]
    /\ available = [c \in Consumers |-> -1]
    /\ reading = [c \in Consumers |-> 0]

Go(t, to) == pc' = [pc EXCEPT ![t] = to]

(* The producer ************************************************************)

\* Without free capacity it looks at the consumers; its own cursor it knows.
Measure ==
    /\ pc[Producer] = "claim"
    /\ written = limit
    /\ written + 1 < Events
    /\ lowest' = written
    /\ toRead' = [toRead EXCEPT ![Producer] = Consumers]
    /\ Go(Producer, "look")
    /\ UNCHANGED <<slot, cursor, sequence, written, published, delayed, limit, consumerVars>>

\* Loads the sequence of one consumer.
Look(c) ==
    /\ pc[Producer] = "look"
    /\ c \in toRead[Producer]
    /\ lowest' = Min(lowest, sequence[c])
    /\ toRead' = [toRead EXCEPT ![Producer] = @ \ {c}]
    /\ UNCHANGED <<pc, slot, cursor, sequence, written, published, delayed, limit, consumerVars>>

KeepLimit ==
    /\ pc[Producer] = "look"
    /\ toRead[Producer] = {}
    /\ limit' = lowest + Size
    /\ Go(Producer, "claim")
    /\ UNCHANGED <<slot, cursor, sequence, written, published, delayed, lowest, toRead,
                   consumerVars>>

Write ==
    /\ pc[Producer] = "claim"
    /\ written < limit
    /\ written + 1 < Events
    /\ written' = written + 1
    /\ delayed' = delayed \cup {written + 1}
    /\ UNCHANGED <<pc, slot, cursor, sequence, published, limit, lowest, toRead, consumerVars>>

\* Publishes all that it has written: one event, or a batch.
Publish ==
    /\ pc[Producer] = "claim"
    /\ published < written
    /\ published' = written
    /\ UNCHANGED <<pc, slot, cursor, sequence, written, delayed, limit, lowest, toRead,
                   consumerVars>>

(* A consumer **************************************************************)

\* Loads the cursor.
LoadCursor(c) ==
    /\ pc[c] = "wait"
    /\ available' = [available EXCEPT ![c] = cursor]
    /\ toRead' = [toRead EXCEPT ![c] = Dependencies[c]]
    /\ Go(c, "depend")
    /\ UNCHANGED <<slot, cursor, sequence, producerVars, finished, reading>>

\* Loads the sequence of one dependency.
LoadDependency(c, d) ==
    /\ pc[c] = "depend"
    /\ d \in toRead[c]
    /\ available' = [available EXCEPT ![c] = Min(@, sequence[d])]
    /\ toRead' = [toRead EXCEPT ![c] = @ \ {d}]
    /\ UNCHANGED <<pc, slot, cursor, sequence, producerVars, finished, reading>>

Decide(c) ==
    /\ pc[c] = "depend"
    /\ toRead[c] = {}
    /\ Go(c, IF available[c] >= reading[c] THEN "read" ELSE "wait")
    /\ UNCHANGED <<slot, cursor, sequence, producerVars, toRead, consumerVars>>

\* Loads the event from its slot.
Read(c) ==
    /\ pc[c] = "read"
    /\ reading[c] <= available[c]
    /\ reading' = [reading EXCEPT ![c] = @ + 1]
    /\ UNCHANGED <<pc, slot, cursor, sequence, producerVars, toRead, finished, available>>

\* Stores its sequence.
Advance(c) ==
    /\ pc[c] = "read"
    /\ reading[c] > available[c]
    /\ finished' = [finished EXCEPT ![c] = available[c]]
    /\ Go(c, "wait")
    /\ UNCHANGED <<slot, cursor, sequence, producerVars, toRead, available, reading>>

(* What goes from a buffer to memory, at any time **************************)

\* The store of an event to its slot, after earlier ones to that slot; with TSO, to any slot.
DrainSlot(s) ==
    /\ s \in delayed
    /\ \A t \in delayed : t < s => Order = "weak" /\ Index(t) # Index(s)
    /\ slot' = [slot EXCEPT ![Index(s)] = s]
    /\ delayed' = delayed \ {s}
    /\ UNCHANGED <<pc, cursor, sequence, written, published, limit, lowest, toRead, consumerVars>>

\* A release waits for the stores before it.  With TSO a plain store does too.
DrainCursor ==
    /\ cursor < published
    /\ Releases \/ Order = "TSO" => cursor + 1 \notin delayed
    /\ cursor' = cursor + 1
    /\ UNCHANGED <<pc, slot, sequence, producerVars, toRead, consumerVars>>

DrainSequence(c) ==
    /\ sequence[c] < finished[c]
    /\ sequence' = [sequence EXCEPT ![c] = @ + 1]
    /\ UNCHANGED <<pc, slot, cursor, producerVars, toRead, consumerVars>>

(* All together ************************************************************)

ProducerStep ==
    \/ Measure \/ KeepLimit \/ Write \/ Publish \/ DrainCursor
    \/ \E c \in Consumers : Look(c)
    \/ \E s \in delayed : DrainSlot(s)

ConsumerStep(c) ==
    \/ LoadCursor(c) \/ Decide(c) \/ Read(c) \/ Advance(c) \/ DrainSequence(c)
    \/ \E d \in Consumers : LoadDependency(c, d)

Next == ProducerStep \/ (\E c \in Consumers : ConsumerStep(c)) \/ UNCHANGED vars

Spec == Init /\ [][Next]_vars

(* What is checked *********************************************************)

TypeOK ==
    /\ cursor \in -1..published /\ published \in -1..written /\ written \in -1..Events-1
    /\ \A c \in Consumers : sequence[c] \in -1..Events-1

\* Whenever a consumer may read an event, its slot has that event.
ReadsAreRight ==
    \A c \in Consumers :
        pc[c] = "read" /\ reading[c] <= available[c] => slot[Index(reading[c])] = reading[c]

NoOvertaking == \A c \in Consumers : \A d \in Dependencies[c] : sequence[c] <= sequence[d]
=============================================================================
