--------------------------- MODULE SingleProducer ---------------------------
(***************************************************************************)
(* The single producer sequencer, barriers, and consumers in any graph.    *)
(*                                                                         *)
(*   cursor     the last event published                                   *)
(*   limit      the last event that is known to have a free slot           *)
(*   sequence   for each consumer, the last event it has finished with     *)
(*                                                                         *)
(* Every action is one access to one of these, or to a slot, by one        *)
(* thread: ringbuffer/producer/single.py, sequencer/capacity.py,           *)
(* barrier.py, and the loop of processors/batch.py.  The producer claims   *)
(* batches of several sizes.  When its limit is used up, it looks at the   *)
(* consumers, one at a time, in any order.  Without free capacity it looks *)
(* again.                                                                  *)
(*                                                                         *)
(* Not modelled: waiting (see Blocking), the thread that owns the          *)
(* production, skipped events, delayed stores (see StoreBuffers).          *)
(***************************************************************************)
EXTENDS RingSlots, Graphs

CONSTANTS
    Events,       \* how many events are published in all
    Batches,      \* sizes of claims
    Consumers,
    Dependencies  \* [consumer |-> its dependencies: the consumers that it comes after]

VARIABLES
    pc,           \* [thread |-> where it is]
    cursor, limit, sequence,
    \* of the producer:
    claimed,      \* the last event it has claimed
    high,         \* the last event of the claim it is at
    writing,      \* the event that it writes next
    lowest,       \* the minimum of the sequences it has looked at
    toRead,       \* [thread |-> consumers whose sequence it has yet to look at]
    \* of the consumers:
    available,    \* [consumer |-> how far it may go]
    reading       \* [consumer |-> the event that it reads next]

producerVars == <<claimed, high, writing, lowest>>
consumerVars == <<available, reading>>
vars == <<slots, pc, cursor, limit, sequence, claimed, high, writing, lowest, toRead, available,
          reading>>

Producer == "producer"
Threads == Consumers \cup {Producer}

Min(a, b) == IF a < b THEN a ELSE b

Init ==
    /\ SlotsInit
    /\ pc = [t \in Threads |-> IF t = Producer THEN "claim" ELSE "wait"]
    /\ cursor = -1
    /\ limit = Size - 1
    /\ sequence = [c \in Consumers |-> -1]
    /\ claimed = -1 /\ high = -1 /\ writing = 0 /\ lowest = -1
    /\ toRead = [t \in Threads |-> {}]
    /\ available = [c \in Consumers |-> -1]
    /\ reading = [c \in Consumers |-> 0]

Go(t, to) == pc' = [pc EXCEPT ![t] = to]

(* The producer ************************************************************)

\* Loads the limit: is there free capacity for n more?
Claim(n) ==
    /\ pc[Producer] = "claim"
    /\ claimed + n < Events
    /\ high' = claimed + n
    /\ IF claimed + n > limit
       THEN /\ Go(Producer, "look")
            /\ lowest' = cursor
            /\ toRead' = [toRead EXCEPT ![Producer] = Consumers]
       ELSE Go(Producer, "write") /\ UNCHANGED <<lowest, toRead>>
    /\ writing' = claimed + 1
    /\ UNCHANGED <<slots, cursor, limit, sequence, claimed, consumerVars>>

\* Loads the sequence of one consumer.
Look(c) ==
    /\ pc[Producer] = "look"
    /\ c \in toRead[Producer]
    /\ lowest' = Min(lowest, sequence[c])
    /\ toRead' = [toRead EXCEPT ![Producer] = @ \ {c}]
    /\ UNCHANGED <<slots, pc, cursor, limit, sequence, claimed, high, writing, consumerVars>>

\* Stores what it found as the limit.  It goes on if that is enough, or looks again.
KeepLimit ==
    /\ pc[Producer] = "look"
    /\ toRead[Producer] = {}
    /\ limit' = lowest + Size
    /\ IF high <= lowest + Size
       THEN Go(Producer, "write") /\ UNCHANGED <<lowest, toRead>>
       ELSE UNCHANGED pc /\ lowest' = cursor /\ toRead' = [toRead EXCEPT ![Producer] = Consumers]
    /\ UNCHANGED <<slots, cursor, sequence, claimed, high, writing, consumerVars>>

StartWriting ==
    /\ pc[Producer] = "write"
    /\ writing <= high
    /\ BeginWrite(Producer, writing)
    /\ Go(Producer, "writing")
    /\ UNCHANGED <<cursor, limit, sequence, toRead, producerVars, consumerVars>>

StopWriting ==
    /\ pc[Producer] = "writing"
    /\ EndWrite(Producer, writing)
    /\ writing' = writing + 1
    /\ Go(Producer, "write")
    /\ UNCHANGED <<cursor, limit, sequence, toRead, claimed, high, lowest, consumerVars>>

\* Stores the cursor: everything up to there is visible.
Publish ==
    /\ pc[Producer] = "write"
    /\ writing > high
    /\ cursor' = high
    /\ claimed' = high
    /\ Go(Producer, "claim")
    /\ UNCHANGED <<slots, limit, sequence, toRead, high, writing, lowest, consumerVars>>

(* A consumer **************************************************************)

\* Loads the cursor.
LoadCursor(c) ==
    /\ pc[c] = "wait"
    /\ reading[c] < Events
    /\ available' = [available EXCEPT ![c] = cursor]
    /\ toRead' = [toRead EXCEPT ![c] = Dependencies[c]]
    /\ Go(c, "depend")
    /\ UNCHANGED <<slots, cursor, limit, sequence, producerVars, reading>>

\* Loads the sequence of one dependency.
LoadDependency(c, d) ==
    /\ pc[c] = "depend"
    /\ d \in toRead[c]
    /\ available' = [available EXCEPT ![c] = Min(@, sequence[d])]
    /\ toRead' = [toRead EXCEPT ![c] = @ \ {d}]
    /\ UNCHANGED <<slots, pc, cursor, limit, sequence, producerVars, reading>>

\* Reads the first of the events that are available, or waits again.
Decide(c) ==
    /\ pc[c] = "depend"
    /\ toRead[c] = {}
    /\ IF available[c] >= reading[c]
       THEN Go(c, "reading") /\ BeginRead(c, reading[c])
       ELSE Go(c, "wait") /\ UNCHANGED slots
    /\ UNCHANGED <<cursor, limit, sequence, toRead, producerVars, consumerVars>>

StopReading(c) ==
    /\ pc[c] = "reading"
    /\ EndRead(c, reading[c])
    /\ reading' = [reading EXCEPT ![c] = @ + 1]
    /\ Go(c, "read")
    /\ UNCHANGED <<cursor, limit, sequence, toRead, producerVars, available>>

StartReading(c) ==
    /\ pc[c] = "read"
    /\ reading[c] <= available[c]
    /\ BeginRead(c, reading[c])
    /\ Go(c, "reading")
    /\ UNCHANGED <<cursor, limit, sequence, toRead, producerVars, consumerVars>>

\* Stores its own sequence: the slots up to there may be filled again.
Advance(c) ==
    /\ pc[c] = "read"
    /\ reading[c] > available[c]
    /\ sequence' = [sequence EXCEPT ![c] = available[c]]
    /\ Go(c, "wait")
    /\ UNCHANGED <<slots, cursor, limit, toRead, producerVars, consumerVars>>

ProducerStep ==
    \/ \E n \in Batches : Claim(n)
    \/ \E c \in Consumers : Look(c)
    \/ KeepLimit \/ StartWriting \/ StopWriting \/ Publish

ConsumerStep(c) ==
    \/ LoadCursor(c) \/ Decide(c) \/ StopReading(c) \/ StartReading(c) \/ Advance(c)
    \/ \E d \in Consumers : LoadDependency(c, d)

\* Everything is done: not a deadlock.
Done ==
    /\ pc[Producer] = "claim" /\ \A n \in Batches : claimed + n >= Events
    /\ \A c \in Consumers : pc[c] = "wait" /\ reading[c] = claimed + 1
    /\ UNCHANGED vars

Next == ProducerStep \/ (\E c \in Consumers : ConsumerStep(c)) \/ Done

Spec == Init /\ [][Next]_vars

FairSpec == Spec /\ WF_vars(ProducerStep) /\ \A c \in Consumers : WF_vars(ConsumerStep(c))

(* What is checked *********************************************************)

TypeOK ==
    /\ cursor \in -1..Events-1
    /\ limit \in -1..Events+Size
    /\ sequence \in [Consumers -> -1..Events-1]
    /\ claimed \in -1..Events-1

\* A consumer reads the event that was published under its number.
ReadsAreRight == \A c \in Consumers : pc[c] = "reading" => Holds(reading[c]) /\ reading[c] <= cursor

\* No unread event of a consumer has lost its slot.
NothingIsOverwritten ==
    \A c \in Consumers : high <= sequence[c] + Size \/ pc[Producer] \in {"claim", "look"}

NoOvertaking == \A c \in Consumers : \A d \in Dependencies[c] : sequence[c] <= sequence[d]

Log == INSTANCE BroadcastLog WITH published <- cursor + 1, handled <- reading

RefinesLog == Log!Safety

\* In the end no batch fits into the remaining events, and every consumer has handled every
\* published event.
EverythingIsHandled ==
    <>[](\A c \in Consumers : reading[c] = cursor + 1 /\ \A n \in Batches : claimed + n >= Events)
=============================================================================
