---------------------------- MODULE MultiProducer ----------------------------
(***************************************************************************)
(* The multi producer sequencer: claims by compare-and-swap, publishes slot*)
(* by slot, with consumers in any graph.                                   *)
(*                                                                         *)
(*   cursor     the last event claimed; moved by compare-and-swap alone    *)
(*   flags      for each slot, the parity of the lap published last        *)
(*   limit      the last event that is known to have a free slot; each     *)
(*              producer stores what it computed, so it may be older than  *)
(*              the value that it replaces                                 *)
(*   sequence   for each consumer, the last event it has finished with     *)
(*                                                                         *)
(* Every action is one access to one of these, or to a slot, by one        *)
(* thread: ringbuffer/producer/multi.py, sequencer/capacity.py,            *)
(* barrier.py, and the loop of processors/batch.py.  A producer without    *)
(* free capacity may give up at any time, as with a timeout, or go on      *)
(* looking.                                                                *)
(*                                                                         *)
(* Not modelled: waiting, skipped events, joining consumers (see Joining), *)
(* delayed stores (see StoreBuffers).  Flags are searched one at a time.   *)
(* The code copies them, which is not stronger: each is loaded once.  The  *)
(* code also remembers how far it found everything published, and searches *)
(* on from there: it leaves out loads whose result cannot change.          *)
(***************************************************************************)
EXTENDS RingSlots, Graphs

CONSTANTS
    Events,       \* how many events can be claimed in all
    Batches,      \* sizes of claims
    Producers,
    Consumers,
    Dependencies, \* [consumer |-> its dependencies: the consumers that it comes after]
    MayGiveUp     \* whether producers without free capacity may give up

VARIABLES
    pc,           \* [thread |-> where it is]
    cursor, flags, limit, sequence,
    local,        \* [thread |-> what it alone knows]
    reading       \* [consumer |-> the event that it reads next]

vars == <<slots, pc, cursor, flags, limit, sequence, local, reading>>
shared == <<slots, cursor, flags, limit, sequence>>

Threads == Producers \cup Consumers

Min(a, b) == IF a < b THEN a ELSE b
Max(a, b) == IF a < b THEN b ELSE a

Parity(s) == (s \div Size) % 2
Never == 1        \* the parity of lap -1

Nothing == [
    current |-> -1,   \* the cursor that its claim is to replace
    high    |-> -1,   \* the last event of the claim it is at
    writing |-> -1,   \* the event that it writes, or publishes, next
    lowest  |-> -1,   \* the minimum of what it has looked at
    toRead  |-> {},   \* the consumers whose sequence it has yet to look at
    last    |-> -1,   \* the cursor that bounds its search of the flags
    known   |-> -1]   \* up to here it has found everything published, which it remembers

Init ==
    /\ SlotsInit
    /\ pc = [t \in Threads |-> IF t \in Producers THEN "claim" ELSE "wait"]
    /\ cursor = -1
    /\ flags = [i \in 0..Size-1 |-> Never]
    /\ limit = Size - 1
    /\ sequence = [c \in Consumers |-> -1]
    /\ local = [t \in Threads |-> Nothing]
    /\ reading = [c \in Consumers |-> 0]

Go(t, to) == pc' = [pc EXCEPT ![t] = to]
Keep(t, what) == local' = [local EXCEPT ![t] = what]
Forget(t) == [Nothing EXCEPT !.known = local[t].known]

(* What is published, as every thread sees it ******************************)

\* Loads the cursor, which bounds the search.  What lies a ring before it is published.
StartSearch(t, after) ==
    /\ Keep(t, [local[t] EXCEPT !.last = cursor, !.known = Max(Max(after, @), cursor - Size)])
    /\ Go(t, "search")

\* Loads the flag behind what is known; goes on until one says no, or the cursor is reached.
Search(t) ==
    LET next == local[t].known + 1 IN
    /\ pc[t] = "search"
    /\ IF next <= local[t].last /\ flags[Index(next)] = Parity(next)
       THEN Keep(t, [local[t] EXCEPT !.known = next]) /\ UNCHANGED pc
       ELSE Go(t, "found") /\ UNCHANGED local
    /\ UNCHANGED <<shared, reading>>

(* A producer **************************************************************)

\* Loads the cursor: the claim would begin behind it.
LoadCursor(p, n) ==
    /\ pc[p] = "claim"
    /\ cursor + n < Events
    /\ Keep(p, [local[p] EXCEPT !.current = cursor, !.high = cursor + n])
    /\ Go(p, "limit")
    /\ UNCHANGED <<shared, reading>>

\* Loads the limit: is there free capacity?
LoadLimit(p) ==
    /\ pc[p] = "limit"
    /\ IF local[p].high <= limit
       THEN Go(p, "swap") /\ UNCHANGED local
       ELSE Go(p, "look") /\ Keep(p, [local[p] EXCEPT !.lowest = Events, !.toRead = Consumers])
    /\ UNCHANGED <<shared, reading>>

\* Loads the sequence of one consumer.
Look(p, c) ==
    /\ pc[p] = "look"
    /\ c \in local[p].toRead
    /\ Keep(p, [local[p] EXCEPT !.lowest = Min(@, sequence[c]), !.toRead = @ \ {c}])
    /\ UNCHANGED <<shared, pc, reading>>

\* Then what is published: a claim may go a ring beyond the first gap, and no further.
LookForGap(p) ==
    /\ pc[p] = "look"
    /\ local[p].toRead = {}
    /\ StartSearch(p, -1)
    /\ UNCHANGED <<shared, reading>>

\* Stores the limit.
KeepLimit(p) ==
    LET room == Min(local[p].lowest, local[p].known) + Size IN
    /\ p \in Producers
    /\ pc[p] = "found"
    /\ limit' = room
    /\ IF local[p].high <= room
       THEN Go(p, "swap") /\ Keep(p, [local[p] EXCEPT !.lowest = -1, !.last = -1])
       ELSE Go(p, "claim") /\ Keep(p, Forget(p))
    /\ UNCHANGED <<slots, cursor, flags, sequence, reading>>

\* The compare-and-swap on the cursor: only now the claim is made.
Swap(p) ==
    /\ pc[p] = "swap"
    /\ IF cursor = local[p].current
       THEN /\ cursor' = local[p].high
            /\ Keep(p, [local[p] EXCEPT !.writing = local[p].current + 1])
            /\ Go(p, "write")
       ELSE /\ Go(p, "claim")
            /\ Keep(p, Forget(p))
            /\ UNCHANGED cursor
    /\ UNCHANGED <<slots, flags, limit, sequence, reading>>

\* Its time is up, and it claimed nothing.
GiveUp(p) ==
    /\ MayGiveUp
    /\ pc[p] = "claim"
    /\ Go(p, "gone")
    /\ UNCHANGED <<shared, local, reading>>

StartWriting(p) ==
    /\ pc[p] = "write"
    /\ BeginWrite(p, local[p].writing)
    /\ Go(p, "writing")
    /\ UNCHANGED <<cursor, flags, limit, sequence, local, reading>>

StopWriting(p) ==
    /\ pc[p] = "writing"
    /\ EndWrite(p, local[p].writing)
    /\ IF local[p].writing < local[p].high
       THEN Go(p, "write") /\ Keep(p, [local[p] EXCEPT !.writing = @ + 1])
       ELSE Go(p, "publish") /\ Keep(p, [local[p] EXCEPT !.writing = local[p].current + 1])
    /\ UNCHANGED <<cursor, flags, limit, sequence, reading>>

\* Stores the flag of one slot.
Publish(p) ==
    LET s == local[p].writing IN
    /\ pc[p] = "publish"
    /\ flags' = [flags EXCEPT ![Index(s)] = Parity(s)]
    /\ IF s < local[p].high
       THEN UNCHANGED pc /\ Keep(p, [local[p] EXCEPT !.writing = s + 1])
       ELSE Go(p, "claim") /\ Keep(p, Forget(p))
    /\ UNCHANGED <<slots, cursor, limit, sequence, reading>>

(* A consumer **************************************************************)

LookForEvents(c) ==
    /\ pc[c] = "wait"
    /\ reading[c] < Events
    /\ StartSearch(c, reading[c] - 1)
    /\ UNCHANGED <<shared, reading>>

\* What is published, and then its dependencies, bound what is available.  Not an access.
Depend(c) ==
    /\ c \in Consumers
    /\ pc[c] = "found"
    /\ IF local[c].known < reading[c]
       THEN Go(c, "wait") /\ Keep(c, Forget(c))
       ELSE /\ Go(c, "depend")
            /\ Keep(c, [Forget(c) EXCEPT !.lowest = local[c].known, !.toRead = Dependencies[c]])
    /\ UNCHANGED <<shared, reading>>

\* Loads the sequence of a dependency.
LoadDependency(c, d) ==
    /\ pc[c] = "depend"
    /\ d \in local[c].toRead
    /\ Keep(c, [local[c] EXCEPT !.lowest = Min(@, sequence[d]), !.toRead = @ \ {d}])
    /\ UNCHANGED <<shared, pc, reading>>

\* Reads the first of the events that are available, or waits again.
Decide(c) ==
    /\ pc[c] = "depend"
    /\ local[c].toRead = {}
    /\ IF local[c].lowest >= reading[c]
       THEN Go(c, "reading") /\ BeginRead(c, reading[c]) /\ UNCHANGED local
       ELSE Go(c, "wait") /\ Keep(c, Forget(c)) /\ UNCHANGED slots
    /\ UNCHANGED <<cursor, flags, limit, sequence, reading>>

StopReading(c) ==
    /\ pc[c] = "reading"
    /\ EndRead(c, reading[c])
    /\ reading' = [reading EXCEPT ![c] = @ + 1]
    /\ Go(c, "read")
    /\ UNCHANGED <<cursor, flags, limit, sequence, local>>

StartReading(c) ==
    /\ pc[c] = "read"
    /\ reading[c] <= local[c].lowest
    /\ BeginRead(c, reading[c])
    /\ Go(c, "reading")
    /\ UNCHANGED <<cursor, flags, limit, sequence, local, reading>>

\* Stores its own sequence: the slots up to there may be filled again.
Advance(c) ==
    /\ pc[c] = "read"
    /\ reading[c] > local[c].lowest
    /\ sequence' = [sequence EXCEPT ![c] = local[c].lowest]
    /\ Go(c, "wait")
    /\ Keep(c, Forget(c))
    /\ UNCHANGED <<slots, cursor, flags, limit, reading>>

(* All together ************************************************************)

ProducerStep(p) ==
    \/ \E n \in Batches : LoadCursor(p, n)
    \/ LoadLimit(p) \/ LookForGap(p) \/ Search(p) \/ KeepLimit(p) \/ Swap(p)
    \/ \E c \in Consumers : Look(p, c)
    \/ StartWriting(p) \/ StopWriting(p) \/ Publish(p)

ConsumerStep(c) ==
    \/ LookForEvents(c) \/ Search(c) \/ Depend(c) \/ Decide(c)
    \/ StartReading(c) \/ StopReading(c) \/ Advance(c)
    \/ \E d \in Consumers : LoadDependency(c, d)

IsLastBatch == \A n \in Batches : cursor + n >= Events

\* Everything is done: not a deadlock.
Done ==
    /\ \A p \in Producers : pc[p] = "gone" \/ (pc[p] = "claim" /\ IsLastBatch)
    /\ \A c \in Consumers : pc[c] = "wait" /\ reading[c] = cursor + 1
    /\ UNCHANGED vars

Next ==
    \/ \E p \in Producers : ProducerStep(p) \/ GiveUp(p)
    \/ \E c \in Consumers : ConsumerStep(c)
    \/ Done

Spec == Init /\ [][Next]_vars

\* Each thread takes its turn, but no producer must give up.
FairSpec ==
    /\ Spec
    /\ \A p \in Producers : WF_vars(ProducerStep(p))
    /\ \A c \in Consumers : WF_vars(ConsumerStep(c))

(* What is checked *********************************************************)

TypeOK ==
    /\ cursor \in -1..Events-1
    /\ flags \in [0..Size-1 -> {0, 1}]
    /\ limit \in -1..Events+Size
    /\ sequence \in [Consumers -> -1..Events-1]

\* The events that a producer has claimed and not yet published.
Claimed(p) ==
    CASE pc[p] \in {"write", "writing"} -> local[p].current+1..local[p].high
      [] pc[p] = "publish" -> local[p].writing..local[p].high
      [] OTHER -> {}

ClaimsAreUnique == \A p, q \in Producers : p # q => Claimed(p) \cap Claimed(q) = {}

AllClaimed == UNION {Claimed(p) : p \in Producers}

IsPublished(s) == s <= cursor /\ s \notin AllClaimed

\* The end of what is published without a gap.
Published ==
    CHOOSE s \in -1..cursor :
        (\A e \in 0..s : IsPublished(e)) /\ (s = cursor \/ ~IsPublished(s + 1))

\* A claim that was refused, or given up, leaves no hole: a producer will publish everything that is
\* claimed.  The parity of a lap is enough: no flag can be mistaken for the flag of another lap.
FlagsAreRight ==
    \A s \in Max(0, cursor-Size+1)..cursor : (flags[Index(s)] = Parity(s)) <=> IsPublished(s)

\* What is claimed is never more than a ring ahead of the slowest consumer, nor of a gap.
NothingIsOverwritten ==
    /\ cursor <= Published + Size
    /\ \A c \in Consumers : cursor <= sequence[c] + Size

ReadsAreRight ==
    \A c \in Consumers : pc[c] = "reading" => Holds(reading[c]) /\ reading[c] <= Published

NoOvertaking == \A c \in Consumers : \A d \in Dependencies[c] : sequence[c] <= sequence[d]

Log == INSTANCE BroadcastLog WITH published <- Published + 1, handled <- reading

RefinesLog == Log!Safety

EverythingIsHandled == <>[](IsLastBatch /\ \A c \in Consumers : reading[c] = cursor + 1)
=============================================================================
